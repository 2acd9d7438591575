// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.dirtylog.sim.world.ChosenOrder;

/**
 * All schedules of a program, one after the other, depth first. The usual one lets a task go on until it waits, and then the one that has
 * been ready for longest. A deviation is to preempt a task that could go on, or to take another one when one waits, as Emmi, Qadeer and
 * Rakamaric count them ("Delay-bounded scheduling", 2011); there are no more than so many in a schedule. Where waits are free, as Musuvathi
 * and Qadeer count ("Iterative context bounding", 2007), only preemptions are deviations; there are very many more schedules then.
 */
final class Choices implements ChosenOrder.Chooser {
    private record Choice(int taken, int alternatives) {}

    private final int most;
    private final boolean waitsAreFree;
    /** What was chosen in the schedule that it begins with, where that is not the usual. */
    private final Map<Integer, Integer> given = new HashMap<>();

    private final List<Choice> choices = new ArrayList<>();
    private int position;
    private int deviations;
    private boolean on;

    /**
     * Begins.
     *
     * @param most         deviations in a schedule
     * @param waitsAreFree whether only a preemption is one
     * @param first        the schedule to begin with, as {@link #toString} shows it; empty for the usual one
     */
    Choices(int most, boolean waitsAreFree, String first) {
        this.most = most;
        this.waitsAreFree = waitsAreFree;
        for (String choice : first.isEmpty() ? new String[0] : first.split(",")) {
            String[] numbers = choice.split("=");
            given.put(Integer.parseInt(numbers[0]), Integer.parseInt(numbers[1]));
        }
    }

    /** A life begins. Before {@link #turn on} everything in it is as usual. */
    void begin() {
        position = 0;
        deviations = 0;
        on = false;
    }

    /** From here on there is a choice, or none any more. */
    void turn(boolean newOn) {
        on = newOn;
    }

    @Override
    public int next(int count) {
        return waitsAreFree && on ? choose(count) : deviate(count);
    }

    @Override
    public int preempt(int count) {
        return deviate(count + 1);
    }

    private int deviate(int alternatives) {
        if (!on || deviations == most) {
            return 0;
        }
        int taken = choose(alternatives);
        deviations += taken > 0 ? 1 : 0;
        return taken;
    }

    private int choose(int alternatives) {
        if (position == choices.size()) {
            choices.add(new Choice(given.getOrDefault(position, 0), alternatives));
        }
        Choice choice = choices.get(position++);
        if (choice.alternatives != alternatives) {
            throw new IllegalStateException("a schedule that was begun again went another way at choice " + position);
        }
        return choice.taken;
    }

    /** Goes on to the next schedule. Answers whether there is one. */
    boolean advance() {
        given.clear();
        while (!choices.isEmpty()) {
            Choice last = choices.remove(choices.size() - 1);
            if (last.taken + 1 < last.alternatives) {
                choices.add(new Choice(last.taken + 1, last.alternatives));
                return true;
            }
        }
        return false;
    }

    /** Shows those that are not the usual. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < choices.size(); i++) {
            if (choices.get(i).taken > 0) {
                text.append(text.length() == 0 ? "" : ",").append(i).append('=').append(choices.get(i).taken);
            }
        }
        return text.toString();
    }
}
