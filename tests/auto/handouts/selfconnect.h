// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// As long as it lives, the system chooses the port that a socket connects to for its own end, too.
class SelfConnects
{
public:
    SelfConnects();
    ~SelfConnects();
};
