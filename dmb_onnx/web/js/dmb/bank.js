import { tensor } from "./programs.js";

/** The appearance memory: slots for the first frame, the last one, and kept ones; the oldest kept one makes room. */
export class Bank {
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

  /** Remember a frame until the next one comes or, if it is kept, until it is the oldest and room is needed. */
  remember(keep, key, value) {
    const slot = this.#last ?? this.#freeSlot();
    this.#write(slot, key, value);
    this.#last = keep ? null : slot;
    if (keep) this.#kept.push(slot);
  }

  #freeSlot() {
    const free = this.arrays.used.data.indexOf(0);
    return free < 0 ? this.#kept.shift() : free;
  }

  #write(slot, key, value) {
    this.arrays.bank_key.data.set(key.data, slot * key.data.length);
    this.arrays.bank_value.data.set(value.data, slot * value.data.length);
    this.arrays.used.data[slot] = 1;
  }
}
