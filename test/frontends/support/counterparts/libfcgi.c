/* A Responder of the specification's own library, for the tests of the client. */
#include <fcgiapp.h>
#include <stdlib.h>
#include <string.h>

static char buffer[65536];

static void echo(FCGX_Request *request) {
  int length;
  while ((length = FCGX_GetStr(buffer, sizeof buffer, request->in)) > 0)
    FCGX_PutStr(buffer, length, request->out);
}

static void variables(FCGX_Request *request) {
  for (char **variable = request->envp; *variable; variable++)
    FCGX_FPrintF(request->out, "%s\n", *variable);
}

static void data(FCGX_Request *request) {
  echo(request);
  FCGX_PutS("|", request->out);
  if (FCGX_StartFilterData(request->in) == 0) echo(request);
}

static void answer(FCGX_Request *request, const char *path) {
  if (strcmp(path, "/unread") == 0) {
    FCGX_PutS("Status: 413 Too Large\r\nX-Twice: 1\r\nX-Twice: 2\r\n\r\ntoo large", request->out);
    return;
  }
  FCGX_PutS("Content-Type: text/plain\r\n\r\n", request->out);
  if (strcmp(path, "/echo") == 0) echo(request);
  if (strcmp(path, "/variables") == 0) variables(request);
  if (strcmp(path, "/data") == 0) data(request);
  if (strcmp(path, "/stderr") == 0) FCGX_PutS("a line for the log\n", request->err);
  if (strcmp(path, "/exit") == 0) FCGX_SetExitStatus(7, request->out);
}

int main(void) {
  FCGX_Request request;
  FCGX_Init();
  FCGX_InitRequest(&request, 0, 0);
  while (FCGX_Accept_r(&request) == 0) {
    const char *path = FCGX_GetParam("PATH_INFO", request.envp);
    answer(&request, path ? path : "");
    FCGX_Finish_r(&request);
  }
  return 0;
}
