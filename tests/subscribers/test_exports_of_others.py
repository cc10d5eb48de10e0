"""Exports of newsletter services, list servers and spreadsheets: who of them may get mail, according to the file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from digest.subscribers.csv_columns import Readings
from digest.subscribers.csv_file import read_csv
from digest.subscribers.csv_questions import inspect


@dataclass(frozen=True)
class Export:
    """A file, and what its rows say: "active", "paused", "pending", "left" or the suppression, by local part."""

    data: str
    expected: str  # "ada active, bo left"
    not_read: tuple[str, ...] = ()
    names: str = ""  # "Ada Lovelace; Bo Li"
    file_name: str = "subscribers.csv"
    encoding: str = "utf-8"


EXPORTS = {
    "digest": Export(
        "email,name,themes,language,status,reason\r\nada@x.example,,,,active,\r\nbo@x.example,,,,left,left\r\n"
        "cy@x.example,,,,suppressed,bounce 5.1.1\r\ndi@x.example,,,,suppressed,asked by phone\r\n"
        "ed@x.example,,,,paused,\r\nfi@x.example,,,,pending,\r\ngu@x.example,,,,left,told us at the desk\r\n",
        "ada active, bo left: left, cy suppressed: bounce 5.1.1, di suppressed: asked by phone, ed paused, fi pending, "
        "gu left: told us at the desk",
    ),
    "ghost": Export(
        "id,email,name,note,subscribed_to_emails,complimentary_plan,stripe_customer_id,created_at,deleted_at,labels\n"
        "1,ada@x.example,Ada,,true,false,,2024-01-01T00:00:00.000Z,,\n"
        "2,bo@x.example,Bo,,false,false,,2024-01-01T00:00:00.000Z,,\n"
        "3,cy@x.example,Cy,,true,false,,2024-01-01T00:00:00.000Z,2024-05-01T00:00:00.000Z,\n",
        "ada active, bo left: left, cy left: left",
        ("id", "note", "complimentary_plan", "stripe_customer_id", "created_at", "labels"),
    ),
    "substack": Export(
        "email,active_subscription,expiry,plan,email_disabled,created_at,first_payment_at\n"
        "ada@x.example,false,,other,false,2024-01-01,\nbo@x.example,true,,other,true,2024-01-01,\n",
        "ada active, bo suppressed: email_disabled: true",
        ("active_subscription", "expiry", "plan", "created_at", "first_payment_at"),
    ),
    "listmonk": Export(
        'uuid,email,name,attributes,status,created_at\nx,ada@x.example,Ada,"{""city"": ""Leeds, UK""}",enabled,2024\n'
        "y,bo@x.example,Bo,{},blocklisted,2024\nz,cy@x.example,Cy,{},disabled,2024\n",
        "ada active, bo suppressed: status: blocklisted, cy suppressed: status: disabled",
        ("uuid", "attributes", "created_at"),
    ),
    "buttondown": Export(
        'email_address,notes,tags,type,creation_date\nada@x.example,,"[""a"",""b""]",regular,2024-01-01\n'
        "bo@x.example,,[],unsubscribed,2024-01-01\ncy@x.example,,[],unactivated,2024-01-01\n"
        "di@x.example,,[],undeliverable,2024-01-01\ned@x.example,,[],complained,2024-01-01\n",
        "ada active, bo left: left, cy pending, di suppressed: bounce, ed suppressed: complaint",
        ("notes", "tags", "creation_date"),
    ),
    "mailchimp": Export(
        '"Email Address","First Name","Last Name",Address,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,TAGS\n'
        'ada@x.example,Ada,Lovelace,"1 Quay Street, Leeds",2,"2024-01-01 00:00:00",,"2024-01-01 00:00:00",\n',
        "ada active",
        ("Address", "MEMBER_RATING", "OPTIN_TIME", "OPTIN_IP", "CONFIRM_TIME", "TAGS"),
        names="Ada Lovelace",
        file_name="subscribed_members_export_1a2b.csv",
    ),
    "mailchimp, unsubscribed": Export(
        '"Email Address","First Name",UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,UNSUB_REASON\n'
        'ada@x.example,Ada,"2024-01-01 00:00:00",March,"NORMAL"\nbo@x.example,Bo,,,\n',
        "ada left: left, bo active",
        ("UNSUB_CAMPAIGN_TITLE", "UNSUB_REASON"),
        file_name="unsubscribed_members_export_1a2b.csv",
    ),
    "mailchimp, cleaned": Export(
        '"Email Address",CLEAN_TIME,CLEAN_CAMPAIGN_TITLE,CLEAN_CAMPAIGN_ID\n'
        'ada@x.example,"2024-01-01 00:00:00",March,1\n',
        "ada suppressed: bounce",
        ("CLEAN_CAMPAIGN_TITLE", "CLEAN_CAMPAIGN_ID"),
        file_name="cleaned_members_export_1a2b.csv",
    ),
    "brevo": Export(
        "CONTACT ID;EMAIL;FIRSTNAME;LASTNAME;SMS;EMAIL_BLOCKLISTED;SMS_BLOCKLISTED;ADDED_TIME\n"
        "1;ada@x.example;Ada;Lovelace;;false;true;01-01-2024\n2;bo@x.example;Bo;Li;;true;false;01-01-2024\n",
        "ada active, bo suppressed: EMAIL_BLOCKLISTED: true",
        ("CONTACT ID", "SMS", "SMS_BLOCKLISTED", "ADDED_TIME"),
        names="Ada Lovelace; Bo Li",
    ),
    "campaign monitor": Export(
        "Email address,Name,Date subscribed,Date unsubscribed,Permission to track\n"
        "ada@x.example,Ada,2024-01-01 10:00,,No\nbo@x.example,Bo,2024-01-01 10:00,2024-02-01 10:00,Yes\n",
        "ada active, bo left: left",
        ("Date subscribed", "Permission to track"),
    ),
    "gov.uk notify": Export("email address,name\nada@x.example,Ada\n", "ada active", names="Ada"),
    "gov.uk notify, requests to unsubscribe": Export(
        "Recipient,Template name,Original file name,Template sent at,Unsubscribe request received at\n"
        "ada@x.example,Digest,list.csv,2024-01-01 10:00,2024-01-02 11:00\n",
        "ada left: left",
        ("Template name", "Original file name", "Template sent at"),
    ),
    "outlook": Export(
        '"Title","First Name","Last Name","Business State","E-mail Address","E-mail Type","E-mail Display Name",'
        '"E-mail 2 Address","Language","Private"\n'
        '"","Ada","Lovelace","Leeds","ada@x.example","SMTP","Ada (ada@x.example)","","","False"\n',
        "ada active",
        ("Title", "Business State", "E-mail Type", "E-mail Display Name", "E-mail 2 Address", "Private"),
        names="Ada Lovelace",
    ),
    "mailman": Export(
        'Ada Lovelace <ada@x.example>\n"Bo, Jr" <bo@x.example>\nLi, Cy <cy@x.example>\ndi@x.example\n',
        "ada active, bo active, cy active, di active",
        names="Ada Lovelace; Bo, Jr; Li, Cy; ",
    ),
    "mailman, plain first": Export(
        'ada@x.example\n"Bo, Jr" <bo@x.example>\nLi, Cy <cy@x.example>\n',
        "ada active, bo active, cy active",
        names="; Bo, Jr; Li, Cy",
    ),
    "a line out of a mail program": Export(
        'Ada <ada@x.example>; "Bo, Jr" <bo@x.example>\n', "ada active, bo active", names="Ada; Bo, Jr"
    ),
    "google groups": Export(
        "Members for group digest\nEmail address,Nickname,Group status,Email status,Email preference,"
        "Posting permissions,Join year\nada@x.example,Ada,member,,Email,allowed,2024\n"
        "bo@x.example,Bo,member,bouncing,Email,allowed,2024\ncy@x.example,Cy,member,,No email,allowed,2024\n"
        "di@x.example,Di,invited,,Email,allowed,2024\n",
        "ada active, bo suppressed: bounce, cy paused, di pending",
        ("Posting permissions", "Join year"),
    ),
    "google contacts": Export(
        "Given Name,Family Name,E-mail 1 - Type,E-mail 1 - Value\nAda,Lovelace,Work,ada@x.example\n",
        "ada active",
        ("E-mail 1 - Type",),
        names="Ada Lovelace",
    ),
    "mailpoet": Export(
        "email,first_name,last_name,list_status,global_status\nada@x.example,Ada,L,subscribed,subscribed\n"
        "bo@x.example,Bo,L,subscribed,unsubscribed\ncy@x.example,Cy,L,unconfirmed,subscribed\n",
        "ada active, bo left: left, cy pending",
    ),
    "excel": Export("sep=;\r\nemail;name\r\nada@x.example;Ada\r\n", "ada active", names="Ada"),
    "excel, unicode text": Export(
        "E-Mail\tName\r\nada@x.example\tAda J\u00f6nsson\r\n",
        "ada active",
        names="Ada J\u00f6nsson",
        encoding="utf-16",
    ),
    "utf-16 without its mark": Export("email,name\r\nada@x.example,Ada\r\n", "ada active", encoding="utf-16-le"),
    "an unknown name for the address": Export(
        "Kontakt,Ort\nada@x.example,Leeds\nbo@x.example,York\n", "ada active, bo active", ("Ort",)
    ),
    "cells as people copy them": Export(
        "email\nmailto:ada@x.example?subject=Hi\n<bo@x.example>\n\u200bcy@x.example\ndi@x.example.\n'ed@x.example'\n"
        "fi@x.example (Fi)\nGu Li <gu@x.example>\nhal@x.example;ida@x.example\n",
        "ada active, bo active, cy active, di active, ed active, fi active, gu active, hal active, ida active",
        names="; ; ; ; ; Fi; Gu Li; ; ",
    ),
}


@pytest.mark.parametrize("name", EXPORTS)
def test_the_export_says_who_gets_mail(name: str, tmp_path: Path) -> None:
    export = EXPORTS[name]
    path = tmp_path / export.file_name
    path.write_bytes(export.data.encode(export.encoding))
    inspection = inspect(path, Readings())
    assert inspection.questions == ()
    rows = list(read_csv(path, inspection.readings))
    assert [row.problem for row in rows] == [""] * len(rows)
    lines = [
        f"{row.email.removesuffix('@x.example')} {row.standing.status}"
        + (f": {row.standing.suppression}" if row.standing.suppression else "")
        for row in rows
    ]
    assert ", ".join(lines) == export.expected
    assert inspection.columns.unread_names == export.not_read
    if export.names:
        assert "; ".join(row.name for row in rows) == export.names
