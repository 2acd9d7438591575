// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Consumer;
import org.slf4j.ILoggerFactory;
import org.slf4j.IMarkerFactory;
import org.slf4j.Logger;
import org.slf4j.Marker;
import org.slf4j.event.Level;
import org.slf4j.helpers.AbstractLogger;
import org.slf4j.helpers.BasicMarkerFactory;
import org.slf4j.helpers.MessageFormatter;
import org.slf4j.helpers.NOPMDCAdapter;
import org.slf4j.spi.MDCAdapter;
import org.slf4j.spi.SLF4JServiceProvider;

/** Shows what the code under test logs among the lines of a trace; without one, costs nothing. Found by SLF4J. */
public final class MessageTrace implements SLF4JServiceProvider {
    private static volatile Consumer<String> printer;

    private final ConcurrentMap<String, Logger> loggers = new ConcurrentHashMap<>();
    private final IMarkerFactory markers = new BasicMarkerFactory();
    private final MDCAdapter mdc = new NOPMDCAdapter();

    /** Has nothing to set up. */
    public MessageTrace() {}

    static void printTo(Consumer<String> newPrinter) {
        printer = newPrinter;
    }

    @Override
    public ILoggerFactory getLoggerFactory() {
        return name -> loggers.computeIfAbsent(name, TraceLogger::new);
    }

    @Override
    public IMarkerFactory getMarkerFactory() {
        return markers;
    }

    @Override
    public MDCAdapter getMDCAdapter() {
        return mdc;
    }

    @Override
    public String getRequestedApiVersion() {
        return "2.0.99";
    }

    @Override
    public void initialize() {}

    private static final class TraceLogger extends AbstractLogger {
        private static final long serialVersionUID = 1L;

        TraceLogger(String name) {
            this.name = name;
        }

        @Override
        protected String getFullyQualifiedCallerName() {
            return null;
        }

        @Override
        protected void handleNormalizedLoggingCall(
                Level level, Marker marker, String pattern, Object[] arguments, Throwable thrown) {
            Consumer<String> to = printer;
            if (to != null) {
                to.accept("        " + level + " "
                        + MessageFormatter.basicArrayFormat(pattern, arguments)
                        + (thrown == null ? "" : ": " + thrown));
            }
        }

        private static boolean isWanted() {
            return printer != null;
        }

        @Override
        public boolean isTraceEnabled() {
            return false;
        }

        @Override
        public boolean isTraceEnabled(Marker marker) {
            return false;
        }

        @Override
        public boolean isDebugEnabled() {
            return isWanted();
        }

        @Override
        public boolean isDebugEnabled(Marker marker) {
            return isWanted();
        }

        @Override
        public boolean isInfoEnabled() {
            return isWanted();
        }

        @Override
        public boolean isInfoEnabled(Marker marker) {
            return isWanted();
        }

        @Override
        public boolean isWarnEnabled() {
            return isWanted();
        }

        @Override
        public boolean isWarnEnabled(Marker marker) {
            return isWanted();
        }

        @Override
        public boolean isErrorEnabled() {
            return isWanted();
        }

        @Override
        public boolean isErrorEnabled(Marker marker) {
            return isWanted();
        }
    }
}
