<?php
header('Content-Type: application/octet-stream');
$file = fopen($_SERVER['CONTENTS'], 'r');
while (($piece = fread($file, 16384)) !== '') {
    echo $piece;
    flush();
}
