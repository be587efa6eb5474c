/** A folder, image or box cannot be used; the message says what to do about it. */
export class InputError extends Error {}
