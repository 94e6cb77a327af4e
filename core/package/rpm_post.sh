systemd-sysusers azattest.conf || :
systemd-tmpfiles --create azattest.conf || :
