package require tls
