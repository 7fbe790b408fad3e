// What apps/ does, in Go with net/http/fcgi.
package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/fcgi"
	"os"
)

const mebibyte = 1024 * 1024

var content = contents()

// contents makes the bytes of apps/contents.js.
func contents() []byte {
	pattern := make([]byte, 65537)
	for i := range pattern {
		pattern[i] = byte(i * 7 % 251)
	}
	return bytes.Repeat(pattern, 17)[:mebibyte]
}

func plain(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain")
	io.WriteString(w, "Hello, World!")
}

func response(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Write(content)
}

func stream(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/octet-stream")
	for at := 0; at < mebibyte; at += 16384 {
		w.Write(content[at : at+16384])
	}
}

func upload(w http.ResponseWriter, r *http.Request) {
	length, _ := io.Copy(io.Discard, r.Body)
	w.Header().Set("Content-Type", "text/plain")
	fmt.Fprintf(w, "%d bytes", length)
}

func main() {
	handlers := map[string]http.HandlerFunc{
		"plain": plain, "response": response, "stream": stream, "upload": upload,
	}
	listener, err := net.Listen("unix", os.Args[2])
	if err != nil {
		panic(err)
	}
	panic(fcgi.Serve(listener, handlers[os.Args[1]]))
}
