/** One line for the user, over the video. */

const line = document.getElementById("notice");

/** Say something; an empty text takes it away. */
export function say(text, isProblem = false) {
  line.textContent = text;
  line.classList.toggle("problem", isProblem);
}

/** A function that does what is given, and says why it could not be done. */
export function told(action) {
  return async (...given) => {
    try {
      say("");
      return await action(...given);
    } catch (error) {
      say(error.message, true);
    }
  };
}
