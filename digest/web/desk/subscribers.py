"""`/subscribers`: the list as numbers, and how it grows. No address is shown."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from digest.model import EffectiveStatus
from digest.steps.bounces.decide import all_holds
from digest.steps.subscribers.growth import growth_by_week, numbers
from digest.web.desk.desk import Desk
from digest.web.desk.growth_plots import growth_values
from digest.web.desk.share import share_values
from digest.words.language_tags import name_of

_STANDING = {
    EffectiveStatus.ACTIVE: ("active", "get the next edition"),
    EffectiveStatus.PENDING: ("not confirmed", "asked, and have not confirmed yet"),
    EffectiveStatus.PAUSED: ("paused", "take a break"),
    EffectiveStatus.SUPPRESSED: ("suppressed", "bounced, complained, or were taken off"),
    EffectiveStatus.LEFT: ("left", "unsubscribed"),
}
_WEEKS = 52


def routes(desk: Desk) -> list[BaseRoute]:
    def page(request: Request) -> Response:
        context = desk.context
        counts = numbers(context)
        titles = {theme.key: theme.title for theme in context.settings.themes}
        themes = [("All themes", counts.themes.get("", 0))] if counts.themes else []
        themes += [(title, counts.themes[key]) for key, title in titles.items() if key in counts.themes]
        themes += [(key, number) for key, number in counts.themes.items() if key and key not in titles]
        own = context.settings.newsletter.language
        languages = [
            (name_of(tag) if tag else f"{name_of(own)} (the newsletter’s own)", number)
            for tag, number in sorted(counts.languages.items(), key=lambda each: -each[1])
        ]
        return desk.page(
            request,
            "subscribers.html.j2",
            standing=[
                *((*words, counts.standing[status]) for status, words in _STANDING.items()),
                ("monthly", "of the active ones", counts.monthly),
            ],
            themes=themes,
            languages=languages,
            growth=growth_values(growth_by_week(context, _WEEKS)),
            holds=all_holds(context),
            share=share_values(context.settings),
        )

    return [Route("/subscribers", page)]
