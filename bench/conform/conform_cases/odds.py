"""How often an editor does what: every probability of the generator in one place."""

from fractions import Fraction
from typing import Literal

Level = Literal["medium", "hard"]
LEVELS: tuple[Level, ...] = ("medium", "hard")

# --- the release -------------------------------------------------------------------------------
RATES_HZ = ((Fraction(24), 0.15), (Fraction(25), 0.25), (Fraction(30), 0.4), (Fraction(30000, 1001), 0.2))
SIZES = (((640, 360), 0.4), ((854, 480), 0.45), ((1280, 720), 0.15))
CRF = (22, 36)
TWICE = 0.35
FIRST_CRF = (18, 27)
RELEASE_S = (27.0, 42.0)
SHORTEST_RELEASE_S = 26.5
RAW_SHARE = 0.9
"""A release is at most this share as long as the raw it is cut from, but SHORTEST_RELEASE_S."""
SCREEN_FILMED = 0.3

# --- recordings --------------------------------------------------------------------------------
UNUSED = (1, 2)
USED_LEAST = 3
LENGTH_WEIGHT = 0.3
"""A recording ten times as long is used twice as often."""
SAME_AGAIN = 0.35
"""Weight of the recording that was just seen: editors cut away."""
VARIABLE_RATE = 0.3
INTERLACED = 0.25
SECOND_TAKE = 0.35
AMBIENCE = 0.6

# --- cuts --------------------------------------------------------------------------------------
TITLE_FIRST, BLACK_FIRST, BLACK_LAST = 0.2, 0.15, 0.25
TITLE, BLACK, EXTERNAL, AGAIN = 0.04, 0.05, 0.08, 0.08
MOST_AGAIN = 2
"""The same raw is shown at most so often on purpose."""
SHORT = 0.2
SHORT_S, USUAL_S, TITLE_S, BLACK_S = (0.8, 1.4), (1.4, 4.4), (1.0, 2.0), (0.4, 1.0)
MOST_TREATMENTS = 3
TIME: dict[str, float] = {"lattice": 0.1, "odd": 0.12, "reverse": 0.06, "freeze": 0.04, "held": 0.05}
"""`held` is motion followed by its last picture held; the rest of the cuts run at 1."""
RAMP = 0.12
LATTICE = tuple(Fraction(s) for s in ("1/4", "1/2", "1/2", "3/4", "3/2", "2", "2", "3", "4"))
REVERSE = tuple(Fraction(s) for s in ("-1", "-1", "-1", "-1/2", "-3/2", "-2", "-83/100"))
RAMP_ENDS = tuple(Fraction(s) for s in ("1/4", "1/2", "1", "1", "3/2", "2", "3"))
RAMP_S = (2.0, 5.0)
FREEZE_S, HELD_S = (0.8, 2.0), (0.8, 1.6)
MIRROR, CROP, LOOK, VIGNETTE = 0.15, 0.28, 0.25, 0.07
CROP_SIDE = (0.5, 1.0)
LOOKS = ("warm", "bw", "dark", "flat", "teal")
BARS = 0.08
"""Of pictures of the release's own shape: cut to another shape between bars or over a blurred copy."""
INSET, SPLIT = 0.07, 0.06
INSET_SIDE = (0.25, 0.4)
TILT, PERSPECTIVE, STEADY = 0.12, 0.08, 0.1
TILT_DEG = (0.7, 4.0)
CORNER = 0.05

# --- openings ----------------------------------------------------------------------------------
OPENINGS: dict[str, float] = {"dissolve": 0.16, "wipe": 0.09, "white": 0.04, "dark": 0.03, "flash": 0.05}
FADE_AT_BLACK = 0.7
OPENING_FRAMES = (6, 25)
FLASH_FRAMES = (2, 4, 6)
WIPES = ("from left", "from right", "from top")

# --- graphics ----------------------------------------------------------------------------------
LOGO, SUBTITLES, BORDER, LOWER_THIRD = 0.55, 0.35, 0.12, 0.2

# --- sound -------------------------------------------------------------------------------------
BED_ALL, BED_PART = 0.4, 0.35
SNR_DB = (-18.0, 6.0)
OWN_SOUND, REPLACED = 0.74, 0.14
"""The rest is muted; only speeds other than 0, ramps and reverse keep their own sound."""
J_CUT, L_CUT = 0.22, 0.22
RUN_ON_S = (0.3, 1.0)
STRETCHED = 0.5
