/** A constructor function of Node's, as `http.IncomingMessage`. */
export type MessageClass<Message extends object> = new (argument: never) => Message;

/**
 * Makes a function that makes messages which have a prototype of their own from birth.
 *
 * V8 sizes the objects of a constructor by the properties that its body assigns. The assignments that are
 * never reached make room for all that Node's constructors add; without them the properties move
 * to a larger store again and again, and making a `ServerResponse` takes five times as long (1.0 µs
 * instead of 0.2 on Node 20, 22 and 24). `Reflect.construct()` with another `new.target` takes 30 µs on Node 20.
 */
export function bornWith<Message extends object>(
  Class: MessageClass<Message>,
  prototype: object,
): (argument: unknown) => Message {
  const construct = Class as unknown as (this: object, argument: unknown) => void;
  function Born(this: Record<string, unknown>, argument: unknown): void {
    construct.call(this, argument);
    if (argument !== undefined) return;
    this.a = this.b = this.c = this.d = this.e = this.f = this.g = this.h = null;
    this.i = this.j = this.k = this.l = this.m = this.n = this.o = this.p = null;
    this.q = this.r = this.s = this.t = this.u = this.v = this.w = this.x = null;
    this.A = this.B = this.C = this.D = this.E = this.F = this.G = this.H = null;
    this.I = this.J = this.K = this.L = this.M = this.N = this.O = this.P = null;
  }
  Born.prototype = prototype;
  const Constructor = Born as unknown as new (argument: unknown) => Message;
  return (argument) => new Constructor(argument);
}
