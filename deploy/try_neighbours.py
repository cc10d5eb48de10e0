"""The rest of the world for try_deploy.sh: blogs with posts of the week that closed last, and a mail server."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from digest.demo.sample_web import SampleWeb
from digest.web.mail_catcher import MailCatcher
from digest.week import Cutoff, latest_closed

HERE = Path("/try")
MAIL_PORT = 2525


def main() -> None:
    zone = ZoneInfo("Europe/London")
    week = latest_closed(datetime.now(UTC), Cutoff.parse("MON 00:00"), zone)
    with SampleWeb(week, zone=zone) as web, MailCatcher(HERE / "caught", port=MAIL_PORT):
        values = f"FEED={web.sources()[0]['feed']} SMTP_HOST=127.0.0.1 SMTP_PORT={MAIL_PORT} SMTP_SECURITY=none\n"
        (HERE / "neighbours.sh").write_text(values, "utf-8")
        while True:
            time.sleep(3600)


if __name__ == "__main__":
    main()
