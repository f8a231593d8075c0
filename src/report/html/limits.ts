/** The page is opened in a browser and sent by mail: what it holds does not grow with the capture. */

/** Links with a lane; those that findings name and the ones with most sessions come first. */
export const MAX_LINKS = 100;

/** Sessions drawn of a link, the first quarter of them from its beginning; and of all links. */
export const MAX_LINK_SESSIONS = 400;
export const MAX_SESSIONS = 4_000;

/** Points of a link's charts; and of all links. */
export const MAX_LINK_POINTS = 640;
export const MAX_CHART_POINTS = 32_768;

/** Events kept from the beginning, and from the end. */
export const FIRST_EVENTS = 2_000;
export const LAST_EVENTS = 3_000;

/** Findings shown; the summary document has all of them. */
export const MAX_FINDINGS = 200;

/** Sentences of the story: the first and the last ones. */
export const FIRST_SENTENCES = 8;
export const LAST_SENTENCES = 12;

/** Servers drawn. */
export const MAX_NODES = 60;

/** Promotions marked in the picture, the first ones. */
export const MAX_MOMENTS = 32;

/** Payloads shown of a link, the latest ones; rows of its tables. */
export const MAX_PAYLOADS = 6;
export const MAX_ROWS = 15;

/** Characters of the summary document up to which it is put into the page (compressed). */
export const MAX_DOCUMENT_CHARACTERS = 64 * 1024 * 1024;
