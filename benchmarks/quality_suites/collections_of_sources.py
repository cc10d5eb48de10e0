"""Which collection a labelled source belongs to: sources that were gathered, and write, alike.

Leaving a whole collection out shows what the model knows of texts that are unlike those it learnt from.
"""

from __future__ import annotations

BLURBS = "gov.uk blurbs"
OTHERS = "other posts"
_NAMES = {
    "US federal": (
        "18F",
        "CFPB",
        "Digital.gov",
        "Federal Data Strategy",
        "ONRR",
        "Search.gov",
        "TTS handbook",
        "cloud.gov",
        "plainlanguage.gov",
    ),
    "civic tech": (
        "Chi Hack Night",
        "Code for",
        "Digital Public Goods",
        "FixMyStreet",
        "Frictionless Data",
        "Maptime",
        "Open Austin",
        "Open Cleveland",
        "Open Knowledge",
        "Open Savannah",
        "Open Seattle",
        "Open States",
        "OpenOakland",
        "OpenBudgets",
        "OpenSpending",
        "OpenUp",
        "civic.io",
    ),
    "agencies and comms": (
        "GMMB",
        "John Hawks",
        "Mailchimp",
        "Mario Vellandi",
        "PReturn",
        "The Turing Way",
        "Trabian",
        "Write the Docs",
    ),
    "job pages": ("Progressive Data Jobs",),
    "teams' blogs": (
        "Anna Shipman",
        "Ben Unsworth",
        "California ODI",
        "Canadian Digital Service",
        "Croydon digital",
        "Jordan Hatch",
        "NHS Strategy Unit",
        "Natural Resources Wales",
        "Sean Boots",
        "UK Parliament",
    ),
}


def collection(source: str) -> str:
    """The collection of a source by the name that its rows give."""
    if source.lower().endswith(".blog.gov.uk"):
        return BLURBS
    if "design histor" in source.lower():
        return "teams' blogs"
    for name, starts in _NAMES.items():
        if source.startswith(starts):
            return name
    return OTHERS
