// What our schemas call formats, for a validator that knows those of JSON Schema alone.
const whole = (most) => ({ type: "number", validate: (n) => n >= 0 && n < most });

export const formats = {
  uuid: /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i,
  "date-time": /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/,
  uint8: whole(2 ** 8),
  uint16: whole(2 ** 16),
  uint32: whole(2 ** 32),
  uint64: whole(2 ** 64),
  uint: whole(2 ** 64),
  int64: true,
};
