"""Words that say nothing of a post's subject, and so are neither learnt from nor shown as reasons.

Function words of English, auxiliaries and empty verbs, markup and navigation, days, months, and words of time.
"""

from __future__ import annotations

_WORDS = """
a about above across actually after again against ago all almost already also although always am among an and another
any anyone anything are around as at away back be became because become been before began behind being below best
better between both but by came can cannot come coming could did do does doing done down during each either else enough
etc even ever every everyone everything few find first for former found from full further gave get getting give given
giving go goes going gone good got great had happen has have having he her here hers herself him himself his how however
i if in including indeed instead into is it its itself just keep kept know known last late lately least less let lets
like little long look looking lot lots made make makes making many may maybe me mean means might mine more most much
must my myself near nearly never new next no nobody none nor not nothing now of off often on once one ones only
onto or other others our ours ourselves out over own part past people per perhaps place put quite rather re really
said same saw say saying says second see seem seen set several shall she should show since small so some someone
something sometimes soon still such sure take taken taking tell than that the their theirs them themselves then there
these they thing things think third this those though three through throughout thus time to today together told
tomorrow too took toward towards try trying two under until up upon us use used using usually various very via want was
way ways we well went were what whatever when where whether which while who whole whom whose why will with within
without would yesterday yet you your yours yourself ll ve d m s t don didn doesn isn wasn weren hasn haven won wouldn
couldn shouldn ain aren
alt amp article caption category click div figure gt href html http https image images img
jpeg jpg lt nbsp org page photo png post posted posts read src span tag tags txt url www
monday tuesday wednesday thursday friday saturday sunday january february march april may june july august september
october november december jan feb mar apr jun jul aug sept sep oct nov dec day days week weeks month months year years
morning afternoon evening night
"""
FUNCTION_WORDS = frozenset(_WORDS.split())

_QUANTITIES = """
zero two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen
nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million billion trillion bn dozen half
quarter double triple couple number amount figure fourth fifth sixth seventh eighth ninth tenth percent percentage
cent pence penny pound dollar euro eur gbp usd cad currency
inch foot feet yard mile metre meter kilometre kilometer km mm cm gram kilogram kg tonne ton litre liter
byte kb mb gb tb kilobyte megabyte gigabyte terabyte mph minute hour decade century pm
"""
QUANTITIES = frozenset(_QUANTITIES.split())
"""Numbers, units and currencies: learnt from, but no reason to show. "First" and "second" are function words."""
