<?php
header('Content-Type: text/plain');
$body = fopen('php://input', 'r');
for ($length = 0; !feof($body);) {
    $length += strlen(fread($body, 65536));
}
echo "$length bytes";
