"""Each protection as the words in the code that make it, what the code says without them, and the tests that must then fail.

Who takes them out: protections.py. The points are those of docs/security.md.
"""

# ruff: noqa: E501  words of the code as they stand there

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Removal:
    """One protection. file: where it is; words: what makes it, once in that file; without: what stands there when it is taken out.

    tests: names of tests, each of which must fail then; ruff: instead, the rule that must find it.
    """

    point: int
    file: str
    words: str
    without: str
    tests: tuple[str, ...] = ()
    ruff: str = ""


HEADERS = ("test_no_page_lacks_the_headers_that_protect_its_reader",)
REMOVALS = (
    Removal(1, "bot/rendering.py", 'enabled_extensions=("html", "xml", "atom", "svg")', 'enabled_extensions=("none",)', (
        "test_a_hostile_record_is_only_text", "test_markup_in_every_text_that_is_kept_is_only_text_on_every_page_and_feed",
        "test_markup_in_every_text_that_is_kept_is_only_text_in_every_mail_and_table")),
    Removal(2, "bot/rendering.py", 'return address if address and address.lower().startswith(("https://", "http://")) else ""',
            'return address or ""', ("test_links_to_read_it_free_are_shown_and_hostile_ones_are_not",)),
    Removal(3, "templates/web/base.html", "</body>", "<script>var data = 1</script></body>",
            ("test_no_page_has_script_style_or_handlers_of_its_own",)),
    Removal(4, "db/people.py", "\n\ndef by(", "\nWHO = f\"SELECT * FROM person WHERE name = '{__name__}'\"\n\n\ndef by(", ruff="S608"),
    Removal(5, "bot/paths.py", "from pathlib import Path\n", 'import subprocess\nfrom pathlib import Path\nsubprocess.run("ls " + __name__, shell=True)\n', ruff="S602"),
    Removal(6, "bot/exchange/tables.py", '("=", "+", "-", "@", "\\t", "\\r")', '("none",)', ("test_a_cell_that_a_spreadsheet_would_run_is_text",)),
    Removal(6, "bot/methods/screening/marking.py", 're.escape(word.rstrip("*"))', 'word.rstrip("*")', ("test_signs_of_patterns_are_plain_signs",)),
    Removal(7, "bot/sources/files/pubmed_xml.py", "itertext()", "iterchildren()",
            ("test_words_behind_inline_markup_entities_and_other_scripts_are_not_lost",)),
    Removal(8, "bot/web/guards.py", '"\\x00" in scope["path"] or b"%00" in scope.get("query_string", b"")', "False", (
        "test_a_sign_that_no_database_takes_is_kept_out",)),
    Removal(8, "bot/steps/screening/forms.py", 'if letter in "\\n\\t" or (letter.isprintable() and not 0xD800 <= ord(letter) <= 0xDFFF)', "",
            ("test_signs_that_no_database_takes_are_left_out_of_a_note",)),
    Removal(9, "bot/web/guards.py", "\"default-src 'none'; style-src 'self';", "\"style-src 'self';", HEADERS),
    Removal(10, "bot/http.py", "if _host(address) not in self._hosts:", "if False:", (
        "test_a_host_that_the_settings_do_not_allow_is_not_asked",
        "test_another_port_scheme_or_a_name_that_only_looks_alike_is_another_host")),
    Removal(10, "bot/http.py", "allow_redirects=False", "allow_redirects=True", ("test_a_redirect_is_not_followed",)),
    Removal(10, "bot/http.py", 'if scheme != "https" and not _is_loopback(host):', "if False:",
            ("test_nothing_leaves_this_machine_without_encryption",)),
    Removal(12, "bot/mail/message.py", 'CONTROL.search(text) or "," in cleaned or ";" in cleaned or " " in cleaned or', "",
            ("test_what_is_not_one_address_is_refused",)),
    Removal(12, "bot/mail/message.py", 'display_name=CONTROL.sub(" ", name).strip()', "display_name=name",
            ("test_a_name_with_a_comma_or_a_newline_stays_one_recipient",)),
    Removal(12, "bot/mail/message.py", 'message["Subject"] = CONTROL.sub(" ", subject)', 'message["Subject"] = subject',
            ("test_a_subject_with_a_newline_makes_no_second_header",)),
    Removal(13, "bot/sources/files/pubmed_xml.py", "element = xml.parsed(_without_dropped(article))",
            "file.seek(0)\n        element = xml.etree.fromstring(file.read(), xml.etree.XMLParser(resolve_entities=True))[0]",
            ("test_a_bomb_of_entities_and_an_entity_of_a_file_are_not_followed",)),
    Removal(13, "bot/sources/files/endnote_xml.py", "load_dtd=False, no_network=True, resolve_entities=False", "load_dtd=True, no_network=True, resolve_entities=True",
            ("test_entities_of_files_that_are_read_as_a_whole_are_not_followed_either",)),
    Removal(13, "bot/sources/files/spreadsheet.py", "load_dtd=False, no_network=True, resolve_entities=False", "load_dtd=True, no_network=True, resolve_entities=True",
            ("test_entities_of_a_workbook_are_not_followed",)),
    Removal(14, "bot/paths.py", "from pathlib import Path\n", 'import pickle\nfrom pathlib import Path\npickle.loads(b"")\n', ruff="S301"),
    Removal(15, "bot/steps/people/declare.py", 'if has_any not in ("none", "some"):', "if False:",
            ("test_a_declaration_wants_a_choice_and_keeps_what_was_typed",)),
    Removal(16, "bot/steps/bulletins/sign.py", "    if alone:", "    if False:", ("test_an_editor_does_not_sign_numbers_that_she_alone_extracted",)),
    Removal(17, "db/events.py", "    session.info.setdefault(NOTED, []).append(row)", "    session.commit()",
            ("test_what_is_rolled_back_leaves_no_gap",)),
    Removal(18, "bot/steps/screening/decide.py", "latest = history[-1] if history else None", "latest = None",
            ("test_twenty_posts_at_once_over_http_make_one_decision",)),
    Removal(18, "bot/steps/full_texts/say.py", "if known is not None and (known.state, known.sha256, known.note) == (state, sha256, note):",
            "if False:", ("test_the_same_file_sent_a_hundred_times_is_attached_once",)),
    Removal(19, "bot/web/limits.py", "    if number >= limit.most:", "    if False:", (
        "test_one_client_asks_five_times_an_hour_whatever_process_answers", "test_signing_in_is_limited_by_client_and_by_address",
        "test_who_tries_links_is_stopped_and_who_holds_one_is_not")),
    Removal(19, "bot/steps/readers/subscribe.py", "span=LONGEST_PAUSE) > MOST_A_DAY", "span=LONGEST_PAUSE) < 0",
            ("test_an_address_gets_at_most_three_mails_a_day_however_many_ask",)),
    Removal(19, "bot/web/limits.py", "        time.sleep(max(0.0, until - time.monotonic()))", "        pass",
            ("test_the_answer_takes_the_same_time_for_who_is_known_and_who_is_not",)),
    Removal(20, "bot/web/full_texts.py", 'HEADERS | {"Content-Disposition": f\'attachment; filename="{name}"\'}', "{}",
            ("test_a_full_text_is_given_to_the_team_as_a_file_and_to_nobody_else",)),
    Removal(21, "bot/web/team.py", 'path="/", httponly=True,\n', 'path="/", httponly=False,\n',
            ("test_a_sign_in_link_makes_a_session_by_its_button_alone_and_once",)),
    Removal(22, "bot/web/guards.py", "                if self.is_https:", "                if False:",
            ("test_a_site_with_encryption_says_that_it_is_never_asked_without",)),
    Removal(9, "bot/bulletin/figures/sheet.py", "<title>{escape(printable(title))}</title>", "<style>a{{}}</style><title>{title}</title>",
            ("test_a_picture_carries_no_style_and_no_script_so_that_a_strict_policy_shows_it",)),
    Removal(23, "bot/web/api.py", 'allow_origins=["*"], allow_methods=["GET"]', 'allow_origins=["*"], allow_methods=["*"], allow_credentials=True',
            ("test_the_api_only_reads_and_describes_itself",)),
    Removal(24, "bot/web/guards.py", "script-src 'self'; connect-src", "script-src *; connect-src", HEADERS),
    Removal(25, "bot/web/guards.py", 'headers["X-Content-Type-Options"] = "nosniff"', "pass", HEADERS),
    Removal(26, "bot/web/guards.py", 'headers["Referrer-Policy"] = "no-referrer"', "pass", HEADERS),
    Removal(27, "bot/web/team.py", 'if where not in ("", "same-origin", "none") or', "if False and",
            ("test_forms_that_a_session_sends_are_refused_from_another_site",)),
    Removal(28, "bot/web/subscriptions.py", '        return HTMLResponse(_page(app, token, "subscribe", "readers/confirm.html"))',
            '        return confirm_now(token)', ("test_opening_or_scanning_the_links_changes_nothing",)),
    Removal(28, "bot/web/team.py", '            shown = views.interests_view(session, links.resolve(session, token, "interests", app.clock()), app,'
            ' token=token, sent=sent)',
            '            shown = views.interests_view(session, links.resolve(session, token, "interests", app.clock()), app, token=token, sent=sent)\n'
            '        with app.database.writing(by="x") as session:\n            links.resolve(session, token, "interests", app.clock()).revision += 1',
            ("test_opening_every_address_of_every_page_and_mail_changes_nothing_and_breaks_nothing",)),
    Removal(29, "bot/web/team.py", '    @router.api_route("/sign-in", methods=GET)\n',
            '    @router.api_route("/go", methods=GET)\n    def go(to: str = "") -> Response:\n        return RedirectResponse(to)\n\n'
            '    @router.api_route("/sign-in", methods=GET)\n', ("test_every_address_is_public_or_behind_a_link_or_a_session",)),
    Removal(30, "bot/web/api.py", "    api.add_exception_handler(RequestValidationError, lambda _, error: _error(422, _first(error)))\n", "",
            ("test_the_api_says_what_is_wrong_as_json",)),
    Removal(31, "bot/web/server.py", "forwarded_allow_ips=trusted_proxies", 'forwarded_allow_ips="*"',
            ("test_a_proxy_is_believed_only_if_the_settings_name_it",)),
    Removal(32, "bot/web/guards.py", "if not declared.isdigit() or int(declared) > most:", "if False:", (
        "test_what_is_larger_than_any_paper_is_not_even_read",)),
    Removal(32, "bot/web/guards.py", "not await run_in_threadpool(self.opens, scope[\"path\"])", "False", (
        "test_files_are_taken_from_those_alone_who_hold_a_link",)),
    Removal(33, "bot/sources/files/packed.py", "sum(one.file_size for one in members) > MAX_BYTES", "False",
            ("test_an_archive_that_unpacks_to_far_too_much_is_refused",)),
    Removal(33, "bot/methods/screening/portable_documents.py", 'if b"%PDF-" not in content[:HEAD]:', "if False:",
            ("test_a_pdf_that_is_none_is_refused_with_what_to_do",)),
    Removal(34, "bot/web/ops.py", 'if NAME.fullmatch(name) else []', "", ("test_a_mail_is_shown_by_its_name_alone_and_never_by_a_path",)),
    Removal(35, "bot/web/team.py", '    @router.post("/sign-out")\n',
            '    @router.post("/back-door")\n    def back_door() -> Response:\n        return RedirectResponse("/team")\n\n'
            '    @router.post("/sign-out")\n', ("test_every_address_is_public_or_behind_a_link_or_a_session",)),
    Removal(37, "bot/web/__init__.py", "error = _counted(app, request, error)", "pass",
            ("test_who_tries_links_is_stopped_and_who_holds_one_is_not",)),
    Removal(39, "bot/steps/people/sign_in.py", "    if row.revoked_at is not None:", "    if False:", (
        "test_a_sign_in_link_makes_a_session_by_its_button_alone_and_once",)),
    Removal(39, "bot/steps/people/sign_in.py", "        row.revoked_at = now\n", "", (
        "test_a_sign_in_link_makes_a_session_by_its_button_alone_and_once",
        "test_the_first_editor_gets_a_link_that_works_once_within_a_week")),
    Removal(41, "bot/links.py", 'return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()', "return str(row_id)",
            ("test_a_token_has_43_characters_and_is_the_same_each_time",)),
    Removal(41, "db/links.py", "row.token_sha256 = fingerprint(token(keys, row.key_id, purpose, row.id))",
            "row.token_sha256 = token(keys, row.key_id, purpose, row.id)", ("test_a_link_opens_its_row_and_the_token_is_stored_nowhere",)),
    Removal(42, "bot/steps/people/sign_in.py", "new = secrets.token_urlsafe(32)", "new = link_token",
            ("test_a_sign_in_link_makes_a_session_by_its_button_alone_and_once",)),
    Removal(43, "db/sign_ins.py", "or now >= row.created_at + LONGEST or now >= row.last_used_at + IDLE", "",
            ("test_a_session_opens_the_own_work_and_ends_by_signing_out_or_by_time",)),
    Removal(44, "bot/steps/people/leave.py", "        people.leave(session, review_id, person, now)\n"
            "        links.revoke_of_person(session, person_id, now, review_id=review_id)\n        sign_ins.end_of_person(session, person_id, now)\n", "",
            ("test_who_is_taken_out_gets_in_no_more_and_what_waited_goes_to_others",)),
    Removal(44, "db/links.py", 'if holder is None or holder.state != "active":', "if False:", ("test_links_end_with_the_persons_access",)),
    Removal(44, "bot/steps/mail/deliver.py", "if not people.roles(session, row.review_id, person.id):", "if False:",
            ("test_a_mail_to_who_left_this_review_is_not_sent",)),
    Removal(45, "bot/web/team.py", '        return HTMLResponse(app.renderer.page("team/enter.html", address=f"/in/{token}", name=name))',
            "        return enter(request, token)", ("test_a_sign_in_link_makes_a_session_by_its_button_alone_and_once",)),
    Removal(46, "db/links.py", "if row is None or row.purpose != purpose:", "if row is None:", (
        "test_a_link_of_another_purpose_is_not_known", "test_a_link_opens_the_addresses_of_its_purpose_and_no_other")),
    Removal(46, "bot/settings.py", "        keys = {path.stem: path.read_bytes() for path in sorted(folder.glob(\"link-*.key\"))}",
            "        keys = {path.stem: path.read_bytes() for path in sorted(folder.glob(\"link-*.key\"))[-1:]}",
            ("test_a_new_key_makes_new_links_and_the_old_one_stays",)),
    Removal(46, "db/links.py", "    row.token_sha256 = fingerprint(token(keys, row.key_id, purpose, row.id))",
            '    row.key_id = "other"\n    row.token_sha256 = fingerprint(token(keys, keys.current, purpose, row.id))', (
                "test_a_change_of_keys_ends_no_link",)),
    Removal(46, "db/links.py", "if row.expires_at is not None and row.expires_at <= now:", "if row.created_at.year < now.year:",
            ("test_the_link_to_leave_lives_for_years_and_under_new_keys",)),
    Removal(47, "bot/access.py", "    if not any(may(role, action) for role in held):", "    if not held:", (
        "test_a_link_opens_nothing_for_a_role_that_may_not_do_what_it_is_for", "test_a_session_opens_the_own_review_as_the_role_allows")),
    Removal(47, "bot/web/team.py", '    if not roles:\n        raise RefusedError("You are not in the team', '    if False:\n        raise RefusedError('
            '"You are not in the team', ("test_a_session_opens_the_own_review_as_the_role_allows",)),
    Removal(47, "db/decisions.py", "AssignmentRow.id.in_([one.id for one in assignments]), AssignmentRow.person_id == person_id)",
            "AssignmentRow.report_id.in_([one.report_id for one in assignments]))",
            ("test_the_other_reviewer_reads_no_vote_on_page_feed_team_mail_or_draft",)),
    Removal(48, "bot/steps/screening/forms.py", 'extra="forbid"', 'extra="allow"', ("test_a_form_that_is_no_vote_is_answered_with_a_sentence",)),
    Removal(49, "bot/settings.py", "int(number) + 1:04d", "int(number):04d", ("test_a_new_key_makes_new_links_and_the_old_one_stays",)),
    Removal(47, "bot/steps/studies/confirm_study.py", "if row.review_id != who.review_id or", "if",
            ("test_numbers_of_another_review_are_none_for_who_belongs_elsewhere",)),
    Removal(50, "bot/settings.py", 'if self.smtp_host and self.smtp_security == "none" and not is_loopback(self.smtp_host):', "if False:",
            ("test_mails_to_the_world_need_a_public_address_and_a_secured_line",)),
    Removal(51, "deploy/perennial.env.example", "\nPERENNIAL_ADDRESS=", "\nPERENNIAL_SECRET_KEY=changeme\nPERENNIAL_ADDRESS=",
            ("test_the_example_of_settings_names_only_settings_that_there_are",)),
    Removal(52, "bot/settings.py", 'default="", repr=False, description="sqlite:///path', 'default="", description="sqlite:///path',
            ("test_secrets_are_not_shown",)),
    Removal(52, "bot/telemetry.py", 'TOKEN.sub("<token>", PASSWORD', '("".join)(PASSWORD', ("test_no_link_of_any_purpose_stands_in_a_log",)),
    Removal(52, "bot/telemetry.py", r'PASSWORD.sub(r"\1<password>", KEY.sub(r"\1<key>", text))', "text",
            ("test_secrets_in_addresses_and_faults_are_left_out",)),
    Removal(52, "bot/settings.py", "            given.setdefault(name, _secret_in(variable, path))", "            pass",
            ("test_a_secret_may_stand_in_a_file_and_then_nowhere_else",)),
    Removal(52, "db/session.py", "hide_password=True", "hide_password=False", ("test_a_server_that_is_not_there_is_named_without_its_password",)),
    Removal(53, "bot/web/ops.py", '@router.api_route("/livez", methods=GET)', '@router.api_route("/livez", methods=[*GET, "TRACE"])',
            ("test_a_method_that_an_address_does_not_take_is_refused",)),
    Removal(53, "bot/web/ops.py", "if app.mail_folder is None or not app.is_loopback(client) or not app.is_loopback(request.url.hostname or \"\"):",
            "if app.mail_folder is None:", ("test_mails_and_numbers_of_the_site_are_shown_on_this_machine_alone",)),
    Removal(54, "db/readers.py", 'return f"reader:{subscriber.public_id}"', 'return f"reader:{subscriber.email}"',
            ("test_the_audit_knows_readers_by_a_random_name_and_never_by_address",)),
    Removal(54, "bot/steps/readers/choose.py", "            readers.erase(session, row, now)\n", "",
            ("test_a_reader_gets_what_is_stored_and_can_have_the_address_erased",)),
    Removal(54, "bot/steps/readers/forget_pending.py", "            readers.erase(session, row, now)\n", "",
            ("test_an_address_that_was_never_confirmed_is_forgotten_after_a_week",)),
    Removal(54, "bot/web/limits.py", 'return pseudonym(app.keys, "client", host)', "return host",
            ("test_one_network_of_ipv6_is_one_client_and_no_address_is_stored",)),
    Removal(55, "requirements.txt", "\nalembic==", "\n--index-url=https://packages.invalid/\nalembic==", ("test_no_lock_file_names_an_address",)),
    Removal(56, "db/events.py", "        if row.chained != last.sha256:", "        if False:", ("test_the_first_event_that_is_not_as_it_was_is_named",)),
    Removal(56, "db/events.py", "        if row.place != last.place + 1:", "        if False:", ("test_the_first_event_that_is_not_as_it_was_is_named",)),
    Removal(56, "bot/telemetry.py", "structlog.processors.KeyValueRenderer(", "structlog.dev.ConsoleRenderer() or (",
            ("test_a_log_line_is_one_line_whatever_was_sent_and_says_when_in_utc",)),
    Removal(56, "bot/steps/bulletins/publish.py", "audit=(audit.place, audit.sha256)", 'audit=(audit.place, "0" * 64)',
            ("test_a_month_is_a_whole_chain_and_its_bulletins_name_their_place_in_it",)),
    Removal(57, "bot/web/__init__.py", "    web.add_exception_handler(OverflowError, _page(app, 404, NO_PAGE))\n"
            "    web.add_exception_handler(Exception, _unforeseen(app))\n", "", ("test_a_fault_nobody_foresaw_is_a_page_with_a_number_and_no_trace",)),
)
