// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/QCoreApplication>
#include <QtTest/QTest>

// In place of QTEST_GUILESS_MAIN, for tests with several threads: under ThreadSanitizer, every event of every thread passes
// through this application, which tells it about the order that Qt's locks make. See tsan.cpp.
class TestApplication : public QCoreApplication
{
public:
    using QCoreApplication::QCoreApplication;
#ifdef QNETPOOL_TSAN
    bool notify(QObject *receiver, QEvent *event) override;
#endif
};

#define QNETPOOL_TEST_MAIN(TestClass)                                                                                       \
    int main(int argc, char **argv)                                                                                         \
    {                                                                                                                       \
        const TestApplication application(argc, argv);                                                                      \
        TestClass test;                                                                                                     \
        QTEST_SET_MAIN_SOURCE_PATH                                                                                          \
        return QTest::qExec(&test, argc, argv);                                                                             \
    }
