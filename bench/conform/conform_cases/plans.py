"""Edits drawn by chance: which cuts a release has, before any picture is made."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from conform_cases import odds
from conform_cases.clips import Clip
from conform_cases.cuts import Cut, Encoding, Plan, spans
from conform_cases.dressed import bed, graphics, opened, sounded
from conform_cases.odds import Level
from conform_cases.views import Drawing


def draw(rng: np.random.Generator, seed: int, clips: Sequence[Clip], *, level: Level = "medium") -> Plan:
    """Draw an edit from `clips`; one is kept back as the external one, some stay unused.

    Args:
        rng: Everything is drawn from it.
        seed: Kept in the plan; of the music.
        clips: At least two. A clip with `spare` set is handed over but never used.
        level: `medium` leaves out ramps, turned, bent and stabilised pictures and filming from a screen.

    Raises:
        ValueError: There are fewer than two clips that may be used.
    """
    free = [c for c in clips if not c.spare]
    if len(free) < 2:
        raise ValueError(f"{len(free)} clips that may be used: an edit needs one external and one recording")
    order = [free[i] for i in rng.permutation(len(free))]
    order.sort(key=lambda c: not c.may_be_external)
    external, recordings = order[0], [order[i] for i in 1 + rng.permutation(len(order) - 1)]
    unused = int(rng.integers(odds.UNUSED[0], odds.UNUSED[1] + 1)) if len(recordings) > 3 else 0
    unused = min(unused, len(recordings) - odds.USED_LEAST) if unused else 0
    # A clip made for this case is there to be used.
    recordings.sort(key=lambda c: c.derived is not None)
    used = recordings[unused:]
    rate_hz = _choice(rng, odds.RATES_HZ)
    encodings = _encodings(rng)
    shape = encodings[0].width_px / encodings[0].height_px
    cuts = opened(rng, _cuts(rng, Drawing(rng, rate_hz, shape, level, used), used, external, float(rate_hz)))
    cuts = sounded(rng, cuts, {c.name: c for c in clips}, rate_hz)
    filmed = level == "hard" and rng.random() < odds.SCREEN_FILMED
    return Plan(
        seed,
        tuple(sorted(c.name for c in (*recordings, *(c for c in clips if c.spare)))),
        tuple(cuts),
        rate_hz,
        encodings,
        tuple(graphics(rng, cuts, rate_hz)),
        bed(rng, cuts),
        int(rng.integers(1 << 31)) if filmed else None,
    )


def _choice(rng: np.random.Generator, table: Sequence[tuple[Any, float]]) -> Any:
    return table[int(rng.choice(len(table), p=[chance for _, chance in table]))][0]


def _encodings(rng: np.random.Generator) -> tuple[Encoding, ...]:
    width_px, height_px = _choice(rng, odds.SIZES)
    crf = int(rng.integers(odds.CRF[0], odds.CRF[1] + 1))
    if rng.random() >= odds.TWICE:
        return (Encoding(width_px, height_px, crf),)
    smaller = [size for size, _ in odds.SIZES if size[0] <= width_px]
    again = smaller[int(rng.integers(len(smaller)))]
    first = int(rng.integers(odds.FIRST_CRF[0], odds.FIRST_CRF[1] + 1))
    return Encoding(width_px, height_px, first), Encoding(*again, crf)


def _cuts(
    rng: np.random.Generator, drawing: Drawing, used: Sequence[Clip], external: Clip, rate: float
) -> list[Cut]:
    """Cuts up to the length wanted; the last one may be black."""
    lengths_s = np.array([float(c.times.end_s - c.times.start_s) for c in used])
    most_s = max(odds.SHORTEST_RELEASE_S, odds.RAW_SHARE * float(lengths_s.sum()))
    wanted = int(min(float(rng.uniform(*odds.RELEASE_S)), most_s) * rate)
    weights = lengths_s**odds.LENGTH_WEIGHT
    cuts: list[Cut] = []
    opens = float(rng.random())
    if opens < odds.TITLE_FIRST + odds.BLACK_FIRST:
        cuts.append(drawing.plain("title" if opens < odds.TITLE_FIRST else "black"))
    bounds = np.cumsum([odds.TITLE, odds.BLACK, odds.EXTERNAL, odds.AGAIN])
    while not cuts or spans(cuts)[-1][1] < wanted:
        kind = int(np.searchsorted(bounds, float(rng.random()), side="right"))
        follows = bool(cuts) and cuts[-1].kind == "footage"
        again = _repeatable(cuts)
        if kind < 2 and follows:
            cuts.append(drawing.plain("title" if kind == 0 else "black"))
        elif kind == 2 and follows:
            cuts += drawing.footage(external, "external")
        elif kind == 3 and again:
            cuts.append(drawing.again(again[int(rng.integers(len(again)))]))
        else:
            last = cuts[-1].views[0].clip if cuts and cuts[-1].views else None
            chances = weights * [odds.SAME_AGAIN if c.name == last else 1.0 for c in used]
            cuts += drawing.footage(used[int(rng.choice(len(used), p=chances / chances.sum()))], "footage")
    if rng.random() < odds.BLACK_LAST:
        cuts.append(drawing.plain("black"))
    return cuts


def _repeatable(cuts: Sequence[Cut]) -> list[Cut]:
    """Cuts that may be shown once more; never the last one, which would stand behind itself."""
    times = Counter((c.views[0].clip, c.views[0].raw_frame) for c in cuts if c.views)
    plain = [c for c in cuts[:-1] if c.kind == "footage" and not c.goes_on and len(c.views) == 1]
    return [c for c in plain if times[c.views[0].clip, c.views[0].raw_frame] < odds.MOST_AGAIN]
