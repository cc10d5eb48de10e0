"""Digest: a self-hosted weekly digest mailer.

The path of data, each arrow one function with one home::

    Source -fetch-> Fetched -parse-> Entry -identify-> Post      collect/, into the store
    Post -select-> -extract-> Article -summarise-> Summary        edition/select, read/
         -place-> Placement -compose-> Edition                    read/themes, edition/compose
    Edition -render-> EditionMail -preflight-> -approve->            mail/render, edition/
    Subscriber -queue-> Delivery -claim-> -send-> -record->       mail/, store/deliveries
"""

__version__ = "0.1.0"
