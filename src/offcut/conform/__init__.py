"""Which raw went into a release, and what was left out: signals in, an edit out; no media is opened here."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

from offcut.conform.anchors import Anchor, agreed, anchors_of, runs
from offcut.conform.canvas import Canvas
from offcut.conform.edit import assemble
from offcut.conform.evidence import found as evidence_found
from offcut.conform.hypotheses import propose
from offcut.conform.laid_over import with_overlays
from offcut.conform.left_out import offcuts, unexplained_pictures
from offcut.conform.placements import explained, tried
from offcut.conform.planes import plane, stretches
from offcut.conform.resembling import resembling
from offcut.conform.segments import Placed, placed_segments
from offcut.conform.sound import heard
from offcut.conform.sound_limits import sound_limits
from offcut.conform.transitions import between, bridged
from offcut.conform.windows import slid
from offcut.records import Edit, Measurement, Structure

__all__ = ["SIGNALS", "conform"]

SIGNALS = ("features", "picture", "sound_band")
"""The analysers whose signals conform works on."""

LIMITS = (
    "Left out means: not found in this release by this comparison, of the recordings given; it says nothing "
    "about recordings that were not given, nor about other releases.",
    "Followed only in part: speed ramps, which become several pieces of steady speed, so that moments in "
    "them can be off; moving zooms, stabilised pictures and those filmed off a screen, as far as one shift, "
    "one scale, one small turn and one mild tilt hold; and of several pictures at once, two. Of a second "
    "picture, how it comes in and goes is not measured.",
    "Where a part of the picture keeps changing and nothing found explains it, all raw that is not named is "
    "undecidable. A small or moving picture set into another may not be noticed: raw shown only in it is "
    "then reported as left out.",
    "Not recognised in this version: pictures upside down, turned by more than 15 degrees or stretched, very "
    "dark or very coarse ones, speeds slower than a quarter or faster than about four times, and spans "
    "shorter than about a quarter of a second. Raw shown only in such a form is reported as left out or "
    "undecidable, or a wrong moment near it may be named. The same can happen to raw in a form that is "
    "followed only in part.",
    "A held frame of a still scene is not told from the scene. The moment of a held frame that shows only a "
    "part of a moving camera's picture is called ambiguous. Where a camera turns over a scene in which "
    "nothing else moves, a moment that is called exact can be wrong.",
    "A span of the release without a named source may come from a recording not given, or from one given in "
    "a form that is not recognised.",
    "Overlays are looked for only where a source is named, in pictures of at most 128 pixels: small, faint "
    "or moving ones, those in the middle of the picture, and those as bright as what they cover are missed. "
    "What texts say is not read.",
)


RIVALLED = (
    "Segments that fit another recording as well as the one named: {count}. Which of them was used cannot be "
    "told; the other's span is undecidable."
)


FAIRLY = 0.7
"""Release frames near an anchor that agrees this well are not slid over every recording."""


def conform(
    release: Measurement,
    recordings: Sequence[Measurement],
    *,
    structures: Sequence[Structure] = (),
    progress: Callable[[str, float], None] = lambda stage, done: None,
) -> Edit:
    """Recover the edit of `release` against `recordings`.

    Args:
        release: Measured with at least the analysers in SIGNALS, like every recording; identical packets
            are found where `packet_hash` was measured, too.
        recordings: In any order; segments name them by index.
        structures: Of the release, then of every recording, for the evidence that containers give; may be
            empty.
        progress: Called with the stage in words and the share of the whole work that is done.

    Returns:
        Segments that cover the release from its first to its last frame, and for every recording
        the spans that no segment shows.
    """
    canvas = Canvas(release, list(recordings))
    evidence = evidence_found(release, recordings, structures)
    anchors: list[Anchor] = []
    progress("comparing pictures", 0.0)
    for number, recording in enumerate(recordings):
        for likeliest_first in propose(release, recording, number):
            anchors += anchors_of(canvas, likeliest_first)
        progress("comparing pictures", 0.5 * (number + 1) / len(recordings))
    for number in range(len(recordings)):
        for likeliest_first in tried(canvas, number, explained(release, anchors)):
            anchors += anchors_of(canvas, likeliest_first)
    for likeliest_first in slid(canvas, explained(release, anchors, beyond_doubt=FAIRLY)):
        anchors += anchors_of(canvas, likeliest_first)
    groups = [pair for run in runs(canvas, anchors) for pair in agreed(canvas, run)]
    planes = [
        found
        for geometry, group in groups
        for stretch in stretches(canvas, geometry, group)
        if (found := plane(canvas, geometry, stretch)) is not None
    ]
    progress("fitting raw times", 0.7)
    assembly = assemble(canvas, planes)
    progress("measuring transitions", 0.9)
    pieces = bridged(canvas, assembly.pieces, assembly.fitters)
    assembly = replace(assembly, pieces=pieces)
    transitions = [between(canvas, a, b, assembly.fitters) for a, b in pairwise(pieces)]
    placed: list[Placed] = placed_segments(canvas, assembly, transitions)
    placed = with_overlays(canvas, pieces, assembly.fitters, transitions, placed)
    in_vain = unexplained_pictures(release, placed)
    rivalled = sum(1 for p in placed if p.rivals)
    segments = tuple(p.segment for p in placed)
    sound = heard(
        release, recordings, segments, progress=lambda stage, done: progress(stage, 0.9 + 0.1 * done)
    )
    limits = (*LIMITS, *sound_limits(release, recordings, sound))
    limits = limits if not rivalled else (RIVALLED.format(count=rivalled), *limits)
    progress("done", 1.0)
    return Edit(
        release,
        tuple(recordings),
        segments,
        tuple(
            offcuts(
                recordings,
                release.frames,
                placed,
                anchors,
                searched_in_vain=in_vain,
                resembling=resembling(canvas, assembly),
            )
        ),
        limits,
        sound=sound,
        evidence=evidence,
        overlays_sought=True,
    )
