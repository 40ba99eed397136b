"""Studies: experiments composed from the rooms, with their arms, controls and seeds.

In: what a user asks. Out: one report record.
Does not: print, draw, or do a room's work itself.
"""
