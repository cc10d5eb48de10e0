"""The names of columns in the exports of newsletter services, list servers, customer databases and spreadsheets.

Most are written as `squeezed` by `csv_columns`: without blanks and signs, so that "E-mail Address" is "emailaddress".
"""

from __future__ import annotations

import re

from digest.subscribers.standing import BOUNCED, COMPLAINED, LEFT, SUPPRESSED, Standing


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# The best name first.
FIELDS: dict[str, str] = {
    "email": "email emailaddress mail primaryemail email1value email1address emailaddress1 subscriberemail memberemail "
    "contactemail recipient emailaddresses address",
    "name": "name fullname displayname nickname subscribername",
    "first_name": "firstname givenname forename first fname vorname prénom prenom",
    "last_name": "lastname surname familyname last lname nachname nom",
    "themes": "themes theme topics topic lists",
    "language": "language lang locale",
    "frequency": "frequency emailfrequency mailfrequency mailingfrequency newsletterfrequency deliveryfrequency "
    "sendfrequency häufigkeit frequenz fréquence frecuencia frequentie amlder",
}
WORD_COLUMNS = _names(
    "status subscriptionstatus subscriberstatus emailstatus memberstatus contactstatus globalstatus liststatus "
    "groupstatus emailmarketingstatus"
)
PREFERENCE_COLUMNS = _names("emailpreference deliverypreference deliverymode reception")
MAYBE_WORDS = _names("type state subscription subscriptiontype membership")  # their values decide
# "Yes" gets mail; "no" does not.
YES_COLUMNS = _names(
    "subscribed subscribedtoemails issubscribed emailsubscribed active isactive enabled isenabled optin optedin "
    "emailoptin marketingoptin acceptsmarketing acceptsemailmarketing marketingconsent emailconsent"
)
CONFIRMED_COLUMNS = _names("confirmed isconfirmed verified isverified emailconfirmed emailverified")
# "Yes" or a date gets no mail.
NO_COLUMNS: dict[str, Standing] = {
    name: standing
    for standing, group in {
        LEFT: "unsubscribed isunsubscribed unsubscribedat unsubscribeddate unsubscribedate dateunsubscribed unsubtime "
        "unsubscribetime unsubscribedon optout optedout optoutdate emailoptout hasoptedoutofemail "
        "unsubscribedfromallemail unsubscriberequestreceivedat left leftat leavedate deleted deletedat isdeleted",
        BOUNCED: "bounced isbounced bouncedat bouncedate hardbounced hardbounce emailbounced emailbounceddate cleaned "
        "cleantime cleanedat",
        COMPLAINED: "complained complainedat complaint spamcomplaint markedasspam",
        SUPPRESSED: "suppressed blocked isblocked blocklisted blacklisted emailblocklisted emailblacklisted donotemail "
        "donotmail donotcontact emaildisabled disabled",
    }.items()
    for name in group.split()
}
# They have to do with leaving, and yet do not say who left.
BESIDE_THE_POINT = _names(
    "unsubcampaigntitle unsubcampaignid unsubreason unsubreasonother unsubscribereason cleancampaigntitle "
    "cleancampaignid unsubscribeurl unsubscribelink smsblacklisted smsblocklisted whatsappblocklisted smsoptout "
    "subscribedat subscriptiondate datesubscribed subscribedon subscribetime optintime optinip optindate "
    "confirmtime confirmip confirmedat permissiontotrack postingpermissions"
)
# Roots, in the languages of the mail, of words about leaving; and of words about getting mail, where a "no" leaves.
ABOUT_LEAVING = re.compile(
    r"unsub|opt(ed)?[ -]?out|block(ed|list)|black[ -]?list|suppress|bounc|\bclean|complain|spam|junk|abuse|delet|remov"
    r"|inactiv|disab|\bleft|\bleav|cancel|withdr|resign|\bdo[ -]?not|\bdont|\bno[ -]?mail|\bnot?[ -]?(contact|email)"
    r"|exclu|reject|churn|undeliver|invalid|archived|lapsed|dormant|\bend(ed|s)?\b|\bstop"
    r"|abgemeld|abmeld|gesperrt|d[ée]sabonn|d[ée]sinscri|uitgeschr|afgemeld|\bbaja\b|cancelad|dad-?danysgrif"
)
ABOUT_SUBSCRIBING = re.compile(
    r"subscri|opt(ed)?[ -]?in|consent|active|enabled|status|confirm|verif|newsletter|permission|mailing"
    r"|gdpr|dsgvo|rgpd|\bavg\b|\bagree|\ballow|\baccept|\b(want|get|receive|send)s?\b|einwillig|zustimm|toestemm"
    r"|\babo\b|abonn|inscri|suscri|ingeschreven|tanysgrif|aktiv|actif|activ[oa]\b|actief|best[äa]tig|frequen|prefer"
)
