// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// As long as it lives, the system has no thread left for who asks for one in the thread that made it.
class NoThreadLeft
{
public:
    NoThreadLeft();
    ~NoThreadLeft();
};
