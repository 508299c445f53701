// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// As long as it lives, the system's name service does not answer for names that begin with "silent"; and then it knows none of
// them.
class SilentNames
{
public:
    SilentNames();
    ~SilentNames(); // waits until all have been answered

    static int asked(); // for such names
    static int answered();
};
