// Loaded before the program (`node --require`). Shifts its clock by KEYS_WALK_CLOCK_MS, so that a walk can
// pass days. Timers keep their own pace.
const shift = Number(process.env.KEYS_WALK_CLOCK_MS ?? 0);
delete process.env.KEYS_WALK_CLOCK_MS;
const RealDate = Date;
const now = () => RealDate.now() + shift;

globalThis.Date = class ShiftedDate extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(now());
    else super(...args);
  }
  static now() {
    return now();
  }
  static [Symbol.hasInstance](value) {
    return value instanceof RealDate;
  }
};
