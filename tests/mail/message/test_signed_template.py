"""Signing from prepared parts gives the bytes that signing the whole gives."""

from __future__ import annotations

from datetime import UTC, datetime

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from digest.mail.message.dkim import Signer
from digest.mail.message.dot_stuffing import to_smtp_data
from digest.mail.message.message_headers import Addressing
from digest.mail.message.message_template import message_template
from digest.mail.message.signed_template import SignedTemplate
from digest.mail.rendering.render import Renderer
from digest.model import Edition
from digest.template_folders import packaged_folder
from tests.mail.editions import DESIGN, edition
from tests.mail.hostile import hostile_edition

SIGNER = Signer("harbour.example", "s1", rsa.generate_private_key(public_exponent=65537, key_size=2048))
URL = "https://digest.harbour.example"


@pytest.mark.parametrize("sample", [edition(0), edition(1), edition(12, short=3), hostile_edition()])
@pytest.mark.parametrize("name", ["", "Ada", "Ada   Two  Blanks", "Ängström = 3D", ".Dot ..Dot", "x" * 300])
def test_a_signed_template_gives_the_bytes_of_a_signed_message(sample: Edition, name: str) -> None:
    ready = message_template(
        Renderer(DESIGN, [packaged_folder()]).render(sample),
        DESIGN,
        week="2019-W12",
    )
    addressing = Addressing(
        "ada@reader.example", name, "<1@harbour.example>", datetime(2019, 3, 25, tzinfo=UTC),
        f"{URL}/unsubscribe/x", "mailto:d@harbour.example", URL,
    )  # fmt: skip
    plain = ready.fill(addressing)
    assert ready.smtp_data(addressing) == to_smtp_data(plain)
    sealed = SIGNER.sign(plain) + plain
    assert SignedTemplate(ready, SIGNER).smtp_data(addressing) == to_smtp_data(sealed)
    record = SIGNER.public_record().encode()
    assert dkim.verify(sealed, dnsfunc=lambda *_args, **_options: record)
