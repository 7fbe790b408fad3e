<?php
header('Content-Type: application/octet-stream');
readfile($_SERVER['CONTENTS']);
