"""The fields of a form that say which themes: "Everything", or "Only these" with one tick at least."""

from __future__ import annotations

from digest.steps.subscribers import self_service
from digest.web.public.site import PublicSite, TextForm

ALL, SOME = "all", "some"
"""Values of the field `which`."""


def form_themes(form: TextForm) -> tuple[str, tuple[str, ...]]:
    """Return which button is chosen and the themes that count, () for all.

    A form without these buttons, such as one on another site, means the themes that it names, or all if it names none.
    A theme that is ticked where `shown` says that "Everything" was chosen before means only these.
    """
    ticked = tuple(form.getlist("themes"))
    which = SOME if form.get("which", SOME if ticked else ALL) == SOME else ALL
    if ticked and form.get("shown") == ALL:
        which = SOME
    return which, ticked if which == SOME else ()


def has_themes(form: TextForm) -> bool:
    """Whether the form says anything about themes: one with nothing but an address does not."""
    return "which" in form or "themes" in form


def themes_problem(site: PublicSite, form: TextForm, *, which: str = "") -> str:
    """Return the key of the phrase that says what is wrong with the themes; "" if nothing is.

    `which` is the button that counts where the form has none.
    """
    button, themes = form_themes(form)
    if (which or button) == SOME and not themes:
        return "themes_none"
    return "no_such_theme" if self_service.themes_of(site.context, themes) is None else ""
