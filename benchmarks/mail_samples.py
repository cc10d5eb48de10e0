"""Write sample messages for the e-mail judges: python -m benchmarks.mail_samples FOLDER.

For each of several editions (1, 3, 15, 40 and 100 posts, none, a hostile one, and the demo's) the signed message
(.eml), its HTML and MJML as the subscriber gets them, and the DNS answers that a receiver would see (.dns.json).
"""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa

from benchmarks.screenshots import demo_edition
from digest.mail.message.dkim import Signer
from digest.mail.message.message_headers import Addressing, MessageIds
from digest.mail.message.message_template import message_template, personal
from digest.mail.rendering.design import Design
from digest.mail.rendering.render import Renderer
from digest.model import Edition
from digest.subscribers.link_tokens import Purpose, Tokens
from digest.template_folders import packaged_folder
from tests.mail.editions import DESIGN, edition
from tests.mail.hostile import hostile_edition


def _subscriber(design: Design) -> Addressing:
    """Ada, with links like those of every subscriber."""
    tokens, number = Tokens([b"a sample"]), 7
    unsubscribe = tokens.make(Purpose.UNSUBSCRIBE, number)
    return Addressing(
        email="ada.penhale@reader.example",
        name="Ada Penhale",
        message_id=MessageIds(b"a sample", "2019-W12", design.domain)(number),
        date=datetime.now(UTC),
        unsubscribe_url=f"{design.public_url}/unsubscribe/{unsubscribe}",
        unsubscribe_mailto=f"mailto:{design.address}?subject=unsubscribe%20{unsubscribe}",
        preferences_url=f"{design.public_url}/preferences/{tokens.make(Purpose.PREFERENCES, number)}",
    )


def samples() -> dict[str, tuple[Edition, Design]]:
    translated = {
        "none": edition(0, introduction=""),
        "one": edition(1),
        "three": edition(3),
        "fifteen": edition(15, short=3),
        "forty": edition(40, short=6),
        "hundred": edition(100, short=20),
        "hostile": hostile_edition(),
    }
    return {"demo": demo_edition(), **{name: (sample, DESIGN) for name, sample in translated.items()}}


def write(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    for name, (sample, design) in samples().items():
        subscriber, signer = _subscriber(design), Signer(design.domain, "digest", key)
        rendered = Renderer(design, [packaged_folder()]).render(sample)
        message = message_template(rendered, design, week=str(sample.week)).fill(subscriber)
        personal_mail = personal(rendered, subscriber)
        (folder / f"{name}.eml").write_bytes(signer.sign(message) + message)
        (folder / f"{name}.html").write_text(personal_mail.html, "utf-8")
        (folder / f"{name}.txt").write_text(personal_mail.text, "utf-8")
        (folder / f"{name}.mjml").write_text(personal_mail.mjml, "utf-8")
        (folder / f"{name}.dns.json").write_text(json.dumps(_dns(design, signer, subscriber.email), indent=1), "utf-8")
        note = f"; {rendered.shortened}" if rendered.shortened else ""
        print(f"{name}: {len(sample.posts)} posts, HTML {len(personal_mail.html.encode()):,} bytes{note}")


def _dns(design: Design, signer: Signer, subscriber: str) -> dict[str, Any]:
    """What a receiver of the mail would learn from DNS and from the sending server."""
    host = f"mail.{design.domain}"
    return {
        "dns": {
            f"digest._domainkey.{design.domain}": {"TXT": [signer.public_record()]},
            design.domain: {"TXT": ["v=spf1 ip4:192.0.2.10 -all"], "MX": [f"10 {host}"], "A": ["192.0.2.10"]},
            f"_dmarc.{design.domain}": {"TXT": ["v=DMARC1; p=reject; adkim=s; aspf=s"]},
            host: {"A": ["192.0.2.10"]},
        },
        "smtp": {
            "ip": "192.0.2.10",
            "helo": host,
            "hostname": host,
            "mail_from": f"bounces@{design.domain}",
            "rcpt": subscriber,
        },
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    write(parser.parse_args().folder)
