// A Responder of Go's own library, for the tests of the client.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/fcgi"
	"os"
	"strconv"
	"sync"
)

var meeting sync.Mutex
var waiting []chan struct{}

// meet answers once as many requests as asked for have come.
func meet(w http.ResponseWriter, r *http.Request) {
	count, _ := strconv.Atoi(r.URL.Query().Get("count"))
	here := make(chan struct{})
	meeting.Lock()
	waiting = append(waiting, here)
	if len(waiting) == count {
		for _, one := range waiting {
			close(one)
		}
		waiting = nil
	}
	meeting.Unlock()
	<-here
	fmt.Fprint(w, "met")
}

func variables(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	json.NewEncoder(w).Encode(map[string]any{
		"method": r.Method,
		"url":    r.URL.RequestURI(),
		"host":   r.Host,
		"tag":    r.Header.Get("X-Tag"),
		"type":   r.Header.Get("Content-Type"),
		"env":    fcgi.ProcessEnv(r),
		"body":   string(body),
	})
}

func main() {
	http.HandleFunc("/variables", variables)
	http.HandleFunc("/meet", meet)
	http.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) { io.Copy(w, r.Body) })
	http.HandleFunc("/unread", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("X-Twice", "1")
		w.Header().Add("X-Twice", "2")
		w.WriteHeader(413)
		fmt.Fprint(w, "too large")
	})
	listener, err := net.Listen("unix", os.Args[1])
	if err != nil {
		panic(err)
	}
	fmt.Println("listening")
	panic(fcgi.Serve(listener, nil))
}
