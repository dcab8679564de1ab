/*
 * How many segments a text costs, as the networks count: 160 seven-bit letters,
 * or 70 sixteen-bit units as soon as one letter is outside GSM-7; longer texts
 * give a little of every segment to the header that joins them. A pair (escape
 * plus extension letter, or a surrogate pair) never straddles two segments.
 */
const BASIC = new Set(
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
  "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà",
);
const EXTENDED = new Set("^{}\\[~]|€\f");

const isGsm = (letter) => BASIC.has(letter) || EXTENDED.has(letter);

/** {segments, left, unicode}: `unicode` is the first letter that forces 16 bits, or "". */
export function measure(text) {
  const letters = [...text];
  const unicode = letters.find((letter) => !isGsm(letter)) ?? "";
  const cost = unicode ? (letter) => letter.length : (letter) => (EXTENDED.has(letter) ? 2 : 1);
  const [single, joined] = unicode ? [70, 67] : [160, 153];
  const total = letters.reduce((sum, letter) => sum + cost(letter), 0);
  if (total <= single) return { segments: 1, left: single - total, size: single, unicode };

  let segments = 1;
  let used = 0;
  for (const letter of letters) {
    const size = cost(letter);
    if (used + size > joined) {
      segments += 1;
      used = 0;
    }
    used += size;
  }
  return { segments, left: joined - used, size: joined, unicode };
}

/** The meter's sentence: what it costs, what is left, and why it costs more than expected. */
export function words({ segments, left, unicode }) {
  const price = `${segments} ${segments === 1 ? "segment" : "segments"} · ${left} left`;
  return unicode ? `${price} · “${unicode}” makes segments shorter` : price;
}
