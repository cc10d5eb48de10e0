"""Write sample messages for the e-mail judges: python -m benchmarks.mail_samples FOLDER.

For each of several editions (3, 15, 40 and 100 posts, none, and a hostile one) the signed message (.eml), its HTML and
MJML as the reader gets them, and the DNS answers that a receiver would see (.dns.json).
"""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa

from digest.mail.dkim import Signer
from digest.mail.message import Addressing, message_id, mould, personal
from digest.mail.render import Renderer, packaged_folder
from digest.model import Edition
from tests.mail.editions import LOOK, edition
from tests.mail.hostile import hostile_edition

READER = Addressing(
    email="ada.penhale@reader.example",
    name="Ada Penhale",
    message_id=message_id(b"a sample", "2019-W12", 7, LOOK.domain),
    unsubscribe_url=f"{LOOK.public_url}/unsubscribe/Qb7rT2mXw9KpZc41LdVhSg",
    unsubscribe_mailto=f"mailto:{LOOK.address}?subject=unsubscribe%20Qb7rT2mXw9KpZc41LdVhSg",
    preferences_url=f"{LOOK.public_url}/preferences/Qb7rT2mXw9KpZc41LdVhSg",
    return_path=f"bounces+Qb7rT2mXw9KpZc41LdVhSg@{LOOK.domain}",
)


def samples() -> dict[str, Edition]:
    return {
        "none": edition(0, introduction=""),
        "one": edition(1),
        "three": edition(3),
        "fifteen": edition(15, short=3),
        "forty": edition(40, short=6),
        "hundred": edition(100, short=20),
        "hostile": hostile_edition(),
    }


def write(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    renderer = Renderer(LOOK, [packaged_folder()])
    signer = Signer(LOOK.domain, "digest", rsa.generate_private_key(public_exponent=65537, key_size=2048))
    dns = {
        "dns": {
            f"digest._domainkey.{LOOK.domain}": {"TXT": [signer.public_record()]},
            LOOK.domain: {"TXT": ["v=spf1 ip4:192.0.2.10 -all"], "MX": [f"10 mail.{LOOK.domain}"], "A": ["192.0.2.10"]},
            f"_dmarc.{LOOK.domain}": {"TXT": ["v=DMARC1; p=reject; adkim=s; aspf=s"]},
            f"mail.{LOOK.domain}": {"A": ["192.0.2.10"]},
        },
        "smtp": {
            "ip": "192.0.2.10",
            "helo": f"mail.{LOOK.domain}",
            "hostname": f"mail.{LOOK.domain}",
            "mail_from": READER.return_path,
            "rcpt": READER.email,
        },
    }
    for name, sample in samples().items():
        rendered = renderer.render(sample)
        message = mould(rendered, LOOK, week=sample.week, date=datetime.now(UTC)).fill(READER)
        mine = personal(rendered, READER)
        (folder / f"{name}.eml").write_bytes(signer.sign(message) + message)
        (folder / f"{name}.html").write_text(mine.html, "utf-8")
        (folder / f"{name}.txt").write_text(mine.text, "utf-8")
        (folder / f"{name}.mjml").write_text(mine.mjml, "utf-8")
        (folder / f"{name}.dns.json").write_text(json.dumps(dns, indent=1), "utf-8")
        note = f"; {rendered.shortened}" if rendered.shortened else ""
        print(f"{name}: {len(sample.posts)} posts, HTML {len(mine.html.encode()):,} bytes{note}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    write(parser.parse_args().folder)
