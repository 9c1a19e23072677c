"""The rules on container facts, as data: the docs print this table and a test compares them."""

from offcut.indicators.rule import Rule

_ISO = "ISO/IEC 14496-12"
_LAYOUT = (
    "Gloe, Fischer and Kirchner, 'Forensic analysis of video file formats', 2014; Iuliani et al., "
    "'A video forensic framework for the unsupervised analysis of MP4-like file container', 2019"
)
_GOPRO = "measured on GoPro MAX and HERO5, two originals and 24 variants"
_LAVF = f"{_LAYOUT}; measured on 24 variants of two GoPro originals"

RULES: tuple[Rule, ...] = (
    Rule(
        "container.camera_original_layout",
        "The layout of the file is consistent with a camera original of {camera}: all {checked} properties "
        "that were measured on originals of this maker are there, and no program names itself.",
        "continuous",
        "strong",
        f"{_GOPRO}; {_LAYOUT}",
        "Measured on two models of one maker. A clip trimmed inside the camera, and the second and later "
        "chapters of a long recording, may look the same while the take is longer. A tool that writes the "
        "layout of the camera on purpose cannot be told from it.",
    ),
    Rule(
        "container.not_as_the_camera_wrote_it",
        "The file names {camera} as its source, but {missing_count} of {checked} properties measured on "
        "originals of this maker are missing or different: {missing}. As far as measured, this camera does "
        "not write files in this form; from this alone it cannot be told whether anything was cut.",
        "undetermined",
        "strong",
        f"{_GOPRO}; {_LAYOUT}",
        "A model, firmware or recording mode that was not measured may write another layout.",
    ),
    Rule(
        "container.written_by_lavf",
        "The file names libavformat ({text}) as its writer: it was re-muxed or re-encoded, unless the device "
        "itself records with libavformat. Whether anything was cut cannot be told from this.",
        "undetermined",
        "strong",
        _LAVF,
        "Some cameras, drones and phone applications record with libavformat themselves; for them it is how "
        "an original looks. The text can be edited.",
    ),
    Rule(
        "container.arranged_as_by_lavf",
        "No writer is named, but brand, minor version and the '{spacer}' box before the media are as "
        "libavformat writes them: re-muxed or re-encoded, unless the device itself records with it.",
        "undetermined",
        "strong",
        _LAVF,
        "Devices that record with libavformat and suppress its name.",
    ),
    Rule(
        "container.encoded_by_lavc",
        "The compressor name of the picture track is '{text}': the picture was encoded by libavcodec.",
        "undetermined",
        "strong",
        "measured on 24 variants of two GoPro originals: the name is written even where all other names "
        "are suppressed",
        "Devices that record with libavcodec themselves. The name can be edited.",
    ),
    Rule(
        "container.encoded_by_x264",
        "The first picture carries the settings of {encoder} ('{version}'): it was encoded by {encoder}.",
        "undetermined",
        "strong",
        "x264 writes its settings as user data under its own identifier into the first picture "
        "(x264, encoder/set.c; x265 likewise); measured on 24 variants of two GoPro originals",
        "Screen recorders, phone applications and some network cameras record with x264. Absence proves "
        "nothing: the text can be removed or lie in a part that was cut off.",
    ),
    Rule(
        "container.names_a_program",
        "The file names a program that is no camera: {text}. It passed through that program, unless the name "
        "was copied along; whether anything was cut or altered cannot be told from this.",
        "undetermined",
        "strong",
        f"{_LAYOUT}; Adobe XMP specification part 3; measured on 24 variants of two GoPro originals",
        "The name can be edited or copied from another file. The list of known programs is not complete.",
    ),
    Rule(
        "container.hidden_media_before_start",
        "{samples} pictures ({about_s} s) lie in the file before the first one that is shown, as when the "
        "start is cut without encoding again: they are still there and can be looked at.",
        "trimmed",
        "strong",
        f"{_ISO}, 8.6.6 (edit list); measured on stream-copy trims of a GoPro original",
        "Delay for reordered pictures and priming of sound are taken off and do not count, nor do fewer than "
        "three pictures. Recorders that keep pictures from before the button was pressed, and captures of a "
        "running broadcast, hide media too.",
    ),
    Rule(
        "container.hidden_media_after_end",
        "{samples} pictures ({about_s} s) lie in the file after the last one that is shown, as when the "
        "end is cut without encoding again: they are still there and can be looked at.",
        "trimmed",
        "strong",
        f"{_ISO}, 8.6.6 (edit list)",
        "A writer that rounds or truncates the duration hides a picture or two; fewer than three do not "
        "count. A picture track cut to the length of a shorter sound track looks the same.",
    ),
    Rule(
        "container.edit_list_skips_media",
        "The edit list shows several spans of one picture track and skips {samples} pictures "
        "({about_s} s) between them; they are still in the file.",
        "assembled",
        "strong",
        f"{_ISO}, 8.6.6 (edit list)",
        "Recorders that pause within one file may write one edit for each stretch.",
    ),
    Rule(
        "container.keyframe_interval_broken",
        "A keyframe comes every {interval_median} pictures except at {broken} of {intervals} places, where "
        "the distance differs: streams may have been joined or cut there without encoding again.",
        "assembled",
        "weak",
        f"keyframe table of {_ISO}, 8.6.2; constant on both GoPro originals measured (10 and 8 pictures)",
        "Encoders that set a keyframe on a scene change, on request or after a lost picture.",
    ),
    Rule(
        "container.keyframes_irregular",
        "Keyframes lie {interval_min} to {interval_max} pictures apart (median {interval_median}): usual for "
        "an encoder that places them by content, not seen on the camera originals measured.",
        "undetermined",
        "weak",
        f"keyframe table of {_ISO}, 8.6.2; constant on both GoPro originals measured (10 and 8 pictures)",
        "Phones and network cameras that place keyframes on request or by content.",
    ),
    Rule(
        "container.creation_date_unset",
        "The movie header holds no creation date.",
        "undetermined",
        "weak",
        _LAVF,
        "Network cameras and devices without a clock write none.",
    ),
    Rule(
        "container.dates_differ",
        "The creation dates of the movie ({movie}) and of track {track} ({track_date}) differ by "
        "{difference_s} s, more than the length of the recording explains: they were not written by one "
        "device at one time.",
        "undetermined",
        "strong",
        f"{_ISO}, 8.2.2, 8.3.2 and 8.4.2; measured on a GoPro original after an edit of its dates",
        "Cameras that stamp the tracks later than the movie, or in another zone.",
    ),
    Rule(
        "container.handlers_named_as_by_lavf",
        "Tracks carry the handler name '{text}', the default of libavformat.",
        "undetermined",
        "weak",
        _LAVF,
        "Devices that record with libavformat themselves, or took over its names.",
    ),
    Rule(
        "container.timescale_of_lavf",
        "The movie clock has {timescale} ticks a second, the default of libavformat.",
        "undetermined",
        "weak",
        _LAVF,
        "Many phones use the same figure.",
    ),
    Rule(
        "container.bytes_after_the_last_box",
        "{size_bytes} bytes follow the last box of the file and belong to none.",
        "undetermined",
        "weak",
        f"{_ISO}, 4.2 (a file is a sequence of boxes)",
        "Padding of storage media, an interrupted transfer, phones that append a record of their own.",
    ),
    Rule(
        "container.media_without_samples",
        "{size_bytes} bytes of media ({share}) belong to no sample of any track: they may be remains of "
        "removed samples or tracks.",
        "undetermined",
        "weak",
        f"{_ISO}, 8.7 (sample tables); none on the two GoPro originals measured",
        "Cameras that reserve or pad space; hint or interleaving bytes of some programs.",
    ),
)
"""Every rule, in the order in which indicators are stated."""
