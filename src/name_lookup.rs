//! How the name of STS becomes an address: as the system does it, but in the static binary, where
//! it is /etc/hosts and DNS by /etc/resolv.conf. Looks nothing up itself.

/// Before the first look-up. A static glibc would load whatever /etc/nsswitch.conf names
/// (nss-resolve, mdns4 …), and with it a second C library, of another version than its own: that can
/// crash (glibc's FAQ, "Even statically linked programs need some shared libraries"). `files` and
/// `dns` are built in, and what a static program in Go uses, too.
#[cfg(all(target_env = "gnu", target_feature = "crt-static"))]
pub fn prepare() {
    #[expect(unsafe_code, reason = "glibc's function has no safe form")]
    // SAFETY: glibc's own function for this (nss.h); it reads two strings that end in NUL and keeps
    // neither. No other thread looks anything up before the first call to STS.
    let _ = unsafe { __nss_configure_lookup(c"hosts".as_ptr(), c"files dns".as_ptr()) };
}

/// The system looks names up as it is configured.
#[cfg(not(all(target_env = "gnu", target_feature = "crt-static")))]
pub fn prepare() {}

#[cfg(all(target_env = "gnu", target_feature = "crt-static"))]
#[expect(unsafe_code, reason = "the declaration of glibc's function")]
unsafe extern "C" {
    /// Which services look up in that database, in the syntax of nsswitch.conf(5). 0, or -1 where it
    /// can't be read.
    fn __nss_configure_lookup(
        database: *const core::ffi::c_char,
        services: *const core::ffi::c_char,
    ) -> core::ffi::c_int;
}
