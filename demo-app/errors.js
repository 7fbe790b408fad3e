const MESSAGES = {
  400: 'That request could not be understood.',
  403: 'That is not allowed.',
  404: 'There is no such page in this book.',
  413: 'That is more than this guestbook takes at once.',
  415: 'That is not a format this guestbook reads.',
};
const OUR_FAULT = 'Something went wrong on our side. Please try again in a moment.';

/** An error whose message is meant for the visitor. */
export function problem(status, message, fields) {
  return Object.assign(new Error(message), { status, forVisitor: true, fields });
}

export function notFound(_req, _res, next) {
  next(problem(404, MESSAGES[404]));
}

/** Only messages written for visitors are shown; the rest may tell of files and code. */
export function showProblem(log) {
  return (error, req, res, next) => {
    const status = error.status >= 400 && error.status < 500 ? error.status : 500;
    if (status === 500) log.error(error);
    if (res.headersSent) return next(error);
    const message = error.forVisitor ? error.message : (MESSAGES[status] ?? OUR_FAULT);
    res.status(status).set('Cache-Control', 'no-store');
    if (/^\/api(\/|$)/.test(req.path)) {
      return res.json({ error: { status, message, fields: error.fields } });
    }
    res.render('problem', { status, message });
  };
}
