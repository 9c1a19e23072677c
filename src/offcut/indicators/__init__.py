"""Rules that read signals and container facts, and say where they depart from an untouched recording.

One module a family; each keeps its rules as data in a tuple `RULES` of `offcut.indicators.rule.Rule`.
An indicator says what was seen and what it points to; only `offcut.finding` weighs.
"""
