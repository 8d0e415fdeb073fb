# The interoperability tests' peer on the tls package of Tcl: what arrives goes
# to standard output, what comes on standard input is sent, and what was
# negotiated goes to standard error as one line of JSON a connection. Bytes
# below 0x80 on standard input are commands: q ends the connection.

package require tls

foreach argument $argv {
    set at [string first = $argument]
    set option([string range $argument 0 [expr {$at - 1}]]) \
        [string range $argument [expr {$at + 1}] end]
}
set current ""
set waiting ""

proc tell {line} {
    puts stderr $line
    flush stderr
}

proc quote {text} {
    return \"[string map {\" ' \\ / \n " "} $text]\"
}

proc tlsOptions {} {
    global option
    set versions {TLSv1 -tls1 TLSv1.1 -tls1.1 TLSv1.2 -tls1.2 TLSv1.3 -tls1.3}
    set made {-ssl2 0 -ssl3 0}
    set allowed 0
    dict for {version name} $versions {
        if {$version eq $option(min)} { set allowed 1 }
        lappend made $name $allowed
        if {$version eq $option(max)} { set allowed 0 }
    }
    if {$option(max) ne "TLSv1.3"} {
        set suites DEFAULT
        if {[info exists option(openssl)]} {
            set suites [string map {, :} $option(openssl)]
        }
        lappend made -cipher $suites:@SECLEVEL=0
    }
    foreach {name flag} {cert -certfile key -keyfile ca -cafile} {
        if {[info exists option($name)]} { lappend made $flag $option($name) }
    }
    if {$option(role) eq "client"} {
        if {[info exists option(servername)]} {
            lappend made -servername $option(servername)
        }
        return [concat $made {-request 1 -require 1}]
    }
    switch $option(clientauth) {
        request { lappend made -request 1 -require 0 }
        require { lappend made -request 1 -require 1 }
        default { lappend made -request 0 -require 0 }
    }
    return $made
}

# Over and over until the handshake is done: the channel does not block.
proc shakeHands {channel} {
    if {[catch {tls::handshake $channel} done]} {
        fileevent $channel readable {}
        tell "{\"failed\":[quote $done]}"
        catch {close $channel}
        return
    }
    if {!$done} return
    report $channel
    global current
    set current $channel
    fileevent $channel readable [list receive $channel]
    pump
}

proc report {channel} {
    set status [dict create {*}[tls::status $channel]]
    set local [dict create {*}[tls::status -local $channel]]
    set name null
    if {[dict exists $status subject]} {
        regexp {CN ?= ?([^,/]+)} [dict get $status subject] all name
        set name [quote $name]
    }
    set version [dict get $status version]
    set suite [dict get $local cipher]
    # It has OpenSSL's names, and we know what may have been agreed on.
    global option
    if {![string match TLS_* $suite]} {
        set suite [expr {[info exists option(suites)] ? $option(suites) : ""}]
    }
    set facts "\"version\":[quote $version]"
    if {$suite ne ""} { append facts ",\"cipherSuite\":[quote $suite]" }
    tell "{\"established\":{$facts,\"peerName\":$name}}"
}

proc receive {channel} {
    if {[catch {read $channel 65536} data]} {
        fileevent $channel readable {}
        tell "{\"ended\":false,\"error\":[quote $data]}"
        return
    }
    puts -nonewline stdout $data
    flush stdout
    if {[eof $channel]} {
        fileevent $channel readable {}
        tell "{\"ended\":true}"
    }
}

proc command {} {
    global waiting
    append waiting [read stdin 65536]
    if {[eof stdin]} exit
    pump
}

proc pump {} {
    global current waiting option
    if {$current eq "" || $waiting eq ""} return
    set data $waiting
    set waiting ""
    set at [string first q $data]
    if {$at >= 0} {
        set waiting [string range $data [expr {$at + 1}] end]
        set data [string range $data 0 [expr {$at - 1}]]
    }
    if {[catch {
        puts -nonewline $current $data
        flush $current
    } error]} {
        tell "{\"sending\":[quote $error]}"
    }
    if {$at >= 0} {
        set channel $current
        set current ""
        fconfigure $channel -blocking 1
        catch {close $channel}
        if {$option(role) eq "client"} exit
    }
}

proc accept {channel address port} {
    adopt $channel
}

proc adopt {channel} {
    fconfigure $channel -translation binary -blocking 0 -buffersize 65536
    fileevent $channel readable [list shakeHands $channel]
    shakeHands $channel
}

fconfigure stdin -translation binary -blocking 0
fconfigure stdout -translation binary
fileevent stdin readable command

if {$option(role) eq "server"} {
    set listener [tls::socket -server accept -myaddr 127.0.0.1 {*}[tlsOptions] 0]
    tell "{\"port\":[lindex [fconfigure $listener -sockname] 2]}"
} else {
    set plain [socket 127.0.0.1 $option(port)]
    adopt [tls::import $plain {*}[tlsOptions]]
}
vwait forever
