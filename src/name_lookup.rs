//! Configures how the C library looks up host names. A dynamic binary uses the system's services; the
//! static binary uses only /etc/hosts and DNS.

/// Call this before the first look-up. A static glibc loads the modules that /etc/nsswitch.conf names
/// (nss-resolve, mdns4 …), and with them a second C library of another version, which can crash (glibc's
/// FAQ, "Even statically linked programs need some shared libraries"). `files` and `dns` are built in;
/// static Go programs use the same two.
#[cfg(all(target_env = "gnu", target_feature = "crt-static"))]
pub fn prepare() {
    #[expect(unsafe_code, reason = "glibc's function has no safe form")]
    // SAFETY: the function (glibc, nss.h) reads two NUL-terminated strings and keeps neither. No other
    // thread looks up a name before the first call to STS.
    let _ = unsafe { __nss_configure_lookup(c"hosts".as_ptr(), c"files dns".as_ptr()) };
}

/// Does nothing: the system's configuration applies.
#[cfg(not(all(target_env = "gnu", target_feature = "crt-static")))]
pub fn prepare() {}

#[cfg(all(target_env = "gnu", target_feature = "crt-static"))]
#[expect(unsafe_code, reason = "the declaration of glibc's function")]
unsafe extern "C" {
    /// Sets the services of a database, in the syntax of nsswitch.conf(5). Returns 0, or -1 if it
    /// can't parse them.
    fn __nss_configure_lookup(
        database: *const core::ffi::c_char,
        services: *const core::ffi::c_char,
    ) -> core::ffi::c_int;
}
