// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <QtCore/QCoreApplication>
#include <QtCore/QDir>
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

// QThread::wait() returns before what is local to the thread has been destroyed. A process that ends just then leaks what OpenSSL
// keeps there, and LeakSanitizer sees it.
inline void letThreadsEnd()
{
#ifdef __SANITIZE_ADDRESS__
    const auto areOver = [] {
        return QDir(QStringLiteral("/proc/self/task")).entryList(QDir::Dirs | QDir::NoDotAndDotDot).size() <= 1;
    };
    static_cast<void>(QTest::qWaitFor(areOver, 1000)); // there may be some that stay
#endif
}

#define QNETPOOL_TEST_MAIN(TestClass)                                                                                       \
    int main(int argc, char **argv)                                                                                         \
    {                                                                                                                       \
        const TestApplication application(argc, argv);                                                                      \
        TestClass test;                                                                                                     \
        QTEST_SET_MAIN_SOURCE_PATH                                                                                          \
        const int result = QTest::qExec(&test, argc, argv);                                                                 \
        letThreadsEnd();                                                                                                    \
        return result;                                                                                                      \
    }
