"""Buttons that a role does not allow: disabled, with the reason, by the same table that refuses their forms."""

from __future__ import annotations

import re

from digest.web.desk.who.access import needed
from digest.web.desk.who.people import Role

_BUTTON = re.compile(r'<button(?P<rest>[^>]*\sformaction="(?P<action>/[^"]*)")')
_FORM = re.compile(r'<form[^>]*\smethod="post"[^>]*>.*?</form>', re.DOTALL)
_ACTION = re.compile(r'\saction="(/[^"]*)"')
_SUBMIT = re.compile(r"<button(?![^>]*\sformaction=)(?![^>]*\sdisabled)")


def allowed_only(html: str, role: Role) -> str:
    """Return the page with the buttons disabled that this role may not use.

    Our templates write the tags, and what others wrote is escaped in them, so a pattern finds them all.
    """
    if role is Role.APPROVER:
        return html
    return _FORM.sub(lambda match: _form(match[0], role), _BUTTON.sub(lambda match: _button(match, role), html))


def _button(match: re.Match[str], role: Role) -> str:
    return f"<button{_why(match['action'], role)}{match['rest']}"


def _form(html: str, role: Role) -> str:
    action = _ACTION.search(html)
    why = _why(action[1], role) if action else ""
    return _SUBMIT.sub(f"<button{why}", html) if why else html


def _why(action: str, role: Role) -> str:
    """Return the attributes for a button that leads there; "" where the role allows it."""
    least = needed("POST", action.partition("?")[0])
    if least is None or role.includes(least):
        return ""
    return f' disabled title="Only {"a" if least is Role.VIEWER else "an"} {least.value} may do that."'
