"""`perennial people` and `invite`: who runs a review."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from bot.cli.base import BY, DryRunOption, JsonOption, ReviewOption, chosen_review, ready_application, say

people_cli = typer.Typer(no_args_is_help=True, help="The people who run a review.")

cli = typer.Typer()


@people_cli.command("add")
def people_add(
    email: str,
    role: Annotated[str, typer.Option(help="reviewer, third_reviewer, extractor or editor")],
    name: Annotated[str, typer.Option()],
    review: ReviewOption = "",
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Make somebody a member of a review's team.

    Example:  perennial people add ada@example.org --role reviewer --name "Ada Lovelace"
    """
    from bot.steps.people.join import join

    app, review_id = chosen_review(review)
    if dry_run:
        app.database.rehearse()
    person = join(database=app.database, review_id=review_id, name=name, email=email, role=role, by=BY, now=app.clock())
    say(f"{person.name} is {role.replace('_', ' ')} now; a mail asks for a declaration of interests, and no other link is sent before it",
        {"id": person.id, "name": person.name, "email": person.email, "role": role}, as_json=as_json, dry_run=dry_run)


@people_cli.command("list")
def people_list(review: ReviewOption = "", as_json: JsonOption = False) -> None:
    """Show who is what in a review.

    Example:  perennial people list --review sleep-apps
    """
    from db import people

    app, review_id = chosen_review(review)
    with app.database.reading() as session:
        found = [{"role": role, "name": person.name, "email": person.email}
                 for role in people.ROLES for person in people.members(session, review_id, role)]
    for one in found:
        print("\t".join(one.values()))
    if as_json:
        print(json.dumps({"people": found}))


@people_cli.command("erase")
def people_erase(email: str, dry_run: DryRunOption = False, as_json: JsonOption = False) -> None:
    """Forget who somebody is: name, address, what was declared; in every team and as a reader. Links and sessions end.

    Decisions stay, by the random name in the audit, whose hashes do not change. It cannot be undone; older backups still hold the name.

    Example:  perennial people erase ada@example.org --dry-run
    """
    from bot.steps.people.erase import erase

    app, _ = ready_application()
    if dry_run:
        app.database.rehearse()
    done = erase(database=app.database, email=email, by=BY, now=app.clock())
    say(f"{', '.join(done.audit_names)}: forgotten; left {done.teams} teams and {done.subscriptions} lists of readers",
        {"audit_names": list(done.audit_names), "teams": done.teams, "subscriptions": done.subscriptions}, as_json=as_json, dry_run=dry_run)


@cli.command()
def invite(
    editor: Annotated[str, typer.Option("--editor", help="The mail address of the first editor.")],
    name: Annotated[str, typer.Option(help="The editor's name; default: what stands before the @.")] = "",
    review: ReviewOption = "",
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Make somebody an editor, who signs in by a mailed link; where no mail is set, the link is printed.

    Example:  perennial invite --editor edda@example.org --name "Edda Jónsdóttir"
    """
    from bot.steps.people.join import join
    from bot.steps.people.sign_in import ask_to_sign_in, invitation

    app, settings = ready_application()
    review_id = chosen_review(review)[1]
    if dry_run:
        app.database.rehearse()
    person = join(database=app.database, review_id=review_id, name=name or editor.partition("@")[0], email=editor, role="editor", by=BY,
                  now=app.clock())
    account = {"name": person.name, "email": person.email, "role": "editor"}
    if dry_run or settings.smtp_host:
        if not dry_run:
            ask_to_sign_in(database=app.database, email=editor, keys=app.keys, by=BY, now=app.clock())
        say(f"{person.name} is editor now; a mail with a link to sign in goes out when the worker runs", account, as_json=as_json,
            dry_run=dry_run)
        return
    link = settings.address + invitation(database=app.database, review_id=review_id, person=person, keys=app.keys, by=BY, now=app.clock())
    say(f"{person.name} is editor now. No mail is set, so here is the link that signs in, once, within a week:\n{link}",
        account | {"link": link}, as_json=as_json)
