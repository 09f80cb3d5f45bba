"""Bulletins: draft from what is known, sign or send back, publish and send."""
