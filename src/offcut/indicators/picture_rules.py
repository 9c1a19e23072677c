"""The rules about breaks in the picture, as data: docs/shots.md prints the figures they rest on."""

from offcut.indicators.rule import Rule

__all__ = ["RULES"]

_MEASURED = "docs/shots.md: method and accuracy measured with bench/shots/bench_shots.py"

RULES: tuple[Rule, ...] = (
    Rule(
        "picture.cut",
        "The picture changes from one frame to the next into a different one and does not come back "
        "({count} times: {places}). The calculated probability that at least one of these is a cut is "
        "{at_least_one}.",
        "assembled",
        "strong",
        _MEASURED,
        "A camera that is paused and started again, or switched to its other lens, joins spans in the same "
        "way without an editing program; so do a live mixer and the end of a long freeze. A screen that is "
        "filmed or recorded shows the cuts of what runs on it.",
    ),
    Rule(
        "picture.gradual_transition",
        "One picture turns gradually into another as a mixture of the two, or into one colour and out of it "
        "({count} times: {places}). The calculated probability that at least one of these is such a "
        "transition is {at_least_one}.",
        "assembled",
        "strong",
        _MEASURED,
        "Some cameras and live mixers fade or dissolve by themselves. Smoke, an explosion that burns out and "
        "slow movement before a fixed camera can imitate a mixture; the probabilities allow for those that "
        "were in the measured material.",
    ),
    Rule(
        "picture.no_break_found",
        "No sign of a cut, dissolve, fade or wipe was found in {frames} frames ({duration_s} s). A break "
        "between pictures that are nearly the same, such as a jump within one fixed view, is not seen by "
        "this method.",
        "continuous",
        "weak",
        _MEASURED,
        "Most jumps within one fixed view are missed; so are breaks hidden in black, in a flash or behind an "
        "object close to the lens, and wipes and dissolves between pictures in fast movement. Sound, "
        "graphics and speed are not looked at here.",
    ),
    Rule(
        "picture.repeated_frames",
        "The picture stands exactly still while it moves before and after within the same shot "
        "({count} times: {places}; the longest is {longest_s} s).",
        "produced",
        "weak",
        "Equality of the small pictures (96 pixels, luma and chroma) of neighbouring frames; threshold 0.5 s",
        "A frozen transmission, dropped frames that a device or platform filled with copies, a screen "
        "recording that stalls, and an encoder that drops faint movement give the same. The pictures "
        "compared are small: movement smaller than they show passes for standing still.",
    ),
    Rule(
        "picture.black_span",
        "The picture is even black, without noise in the small pictures "
        "({count} times: {places}; the longest is {longest_s} s).",
        "assembled",
        "weak",
        "Small luma within 1 code value of one level below 20, chroma within 2 of neutral, for 0.2 s or more",
        "A lens covered in the dark, a capture device without signal, the start of some cameras and an "
        "encoder that removes faint noise give the same. Black at the very start or end is not counted.",
    ),
)
