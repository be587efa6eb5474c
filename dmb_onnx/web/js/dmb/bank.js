import { tensor } from "./programs.js";

/** The appearance memory: slots for the first frame, the last one, and kept ones, of which the oldest goes. */
export class Bank {
  #frames = [0];
  #kept = [];
  #last = null;

  constructor(capacity, key, value) {
    this.arrays = {
      bank_key: tensor([capacity, ...key.dims]),
      bank_value: tensor([capacity, ...value.dims]),
      used: tensor([capacity]),
    };
    this.#write(0, key, value);
  }

  /** Remember frame `number`: in the place of the last one, until the next one comes or, if kept, is evicted. */
  remember(number, keep, key, value) {
    const slot = this.#last === null ? this.#freeSlot() : this.#frames.indexOf(this.#last);
    this.#frames[slot] = number;
    this.#write(slot, key, value);
    this.#last = keep ? null : number;
    if (keep) this.#kept.push(number);
  }

  #freeSlot() {
    if (this.#frames.length < this.arrays.used.data.length) return this.#frames.push(0) - 1;
    return this.#frames.indexOf(this.#kept.shift());
  }

  #write(slot, key, value) {
    this.arrays.bank_key.data.set(key.data, slot * key.data.length);
    this.arrays.bank_value.data.set(value.data, slot * value.data.length);
    this.arrays.used.data[slot] = 1;
  }
}
