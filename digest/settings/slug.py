"""The newsletter's slug: what several newsletters on one machine, or on one Prefect server, are told apart by."""

from __future__ import annotations

from dataclasses import dataclass

LONGEST = 40  # characters


def slug_from(title: str) -> str:
    """Return lower-case ASCII letters, digits and single hyphens, at most 40 characters."""
    from slugify import slugify  # late: it loads tables of letters

    return slugify(title, max_length=LONGEST, word_boundary=True) or "newsletter"


@dataclass(frozen=True, slots=True)
class PrefectNames:
    """What Digest calls its things on a Prefect server.

    Without `[newsletter] slug` in the file they are the plain names, `weekly-digest/weekly` on the pool `digest`, so
    that a new title renames nothing that runs. With it, all carry it: `weekly-digest/weekly-SLUG` on `digest-SLUG`.
    """

    slug: str  # of the file, else from the title
    carried: bool  # whether it is in the file

    @property
    def pool(self) -> str:
        """The work pool."""
        return self.named("digest")

    @property
    def tag(self) -> str:
        """What marks deployments and runs as this newsletter's."""
        return f"newsletter:{self.slug}"

    def named(self, name: str) -> str:
        """Return the name of a deployment, a pool or a limit: `weekly`, or `weekly-SLUG`."""
        return f"{name}-{self.slug}" if self.carried else name

    @property
    def automations(self) -> tuple[str, str]:
        """The automation that ends the run of a dead worker, and the one that begins a crashed run again."""
        return self.titled("Digest: end a run whose worker died"), self.titled("Digest: begin a crashed run again")

    def titled(self, text: str) -> str:
        """Return the name of an automation: the text, or `text (SLUG)`."""
        return f"{text} ({self.slug})" if self.carried else text
