/** Points of one session's course: about one a pixel of a wide screen, and as many again to zoom into. */
export const MAX_SESSION_POINTS = 2_048;

/** Points of all sessions together: 7 numbers of 8 bytes each, 14 MiB. */
export const MAX_POINTS = 262_144;

/** Sessions that are followed; further ones have no course. */
export const MAX_COURSES = 20_000;

/** Width of a step to begin with, µs. It doubles where there would be too many. */
export const FINEST_STEP_US = 1_000;
