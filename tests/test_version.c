/* SPDX-License-Identifier: MIT */
/* Held here: headers, library and meson.build agree on the version. */
#include "support.h"

#include <stdio.h>

static void headers_and_build_agree(void **state)
{
    (void)state;
    char version[32];
    snprintf(version, sizeof version, "%d.%d.%d", RF_VERSION_MAJOR, RF_VERSION_MINOR,
             RF_VERSION_PATCH);
    assert_string_equal(version, RF_PROJECT_VERSION);
}

static void the_library_tells_its_own(void **state)
{
    (void)state;
    const uint32_t major = RF_VERSION_MAJOR, minor = RF_VERSION_MINOR;
    assert_int_equal(rf_major_version(), major);
    assert_int_equal(rf_minor_version(), minor);
    assert_true(rf_version_at_least(major, minor));
    assert_true(rf_version_at_least(0, 0));
    assert_false(rf_version_at_least(major, minor + 1));
    assert_false(rf_version_at_least(major + 1, 0));
    assert_false(rf_version_at_least(UINT32_MAX, UINT32_MAX));
}

int main(void)
{
    static const struct test tests[] = {
        ONCE(headers_and_build_agree),
        ONCE(the_library_tells_its_own),
    };
    return run_all(tests, COUNT_OF(tests));
}
